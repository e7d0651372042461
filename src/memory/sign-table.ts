import {
  add,
  addShorts,
  get,
  i32,
  lane,
  load,
  loop,
  moduleOf,
  onesInBytes,
  pairsOfBytes,
  pairsOfShorts,
  set,
  storeShort,
  type,
  xor,
} from '../core/wasm-bytes.ts';

/** The signs of vectors, a bit a number, in the memory of one WebAssembly kernel that compares them all with a question's. */
export interface SignTable {
  readonly count: number;
  /** Bytes of signs a vector: a multiple of 16. */
  readonly stride: number;
  add(vector: ArrayLike<number>): void;
  /** How many signs of each vector differ from the question's. Valid until the next call. */
  differences(question: ArrayLike<number>): Uint16Array;
  /** The signs, one vector after the other. Valid until the next `add`. */
  bytes(): Uint8Array;
}

const laneBytes = 16;
/** The question's signs lie at the start of the memory: room for 32,768 numbers. */
const askedBytes = 4_096;
const pageBytes = 65_536;

export function createSignTable(dimensions: number): SignTable {
  const lanes = Math.ceil(dimensions / 8 / laneBytes);
  const stride = lanes * laneBytes;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const compare = compileComparison(memory, lanes);
  let room = 0;
  let count = 0;
  const grow = (): void => {
    room = Math.max(1_000, Math.ceil(room * 1.5));
    const missing = askedBytes + room * (stride + 2) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  };
  const write = (vector: ArrayLike<number>, at: number): void => {
    const bytes = new Uint8Array(memory.buffer, at, stride).fill(0);
    for (let index = 0; index < Math.min(vector.length, stride * 8); index += 1) {
      if (vector[index]! > 0) bytes[index >>> 3]! |= 1 << (index & 7);
    }
  };
  return {
    get count() {
      return count;
    },
    stride,
    add: (vector) => {
      if (count === room) grow();
      write(vector, askedBytes + count * stride);
      count += 1;
    },
    differences: (question) => {
      const output = askedBytes + room * stride;
      write(question, 0);
      if (count > 0) compare(askedBytes, count, 0, output);
      return new Uint16Array(memory.buffer, output, count);
    },
    bytes: () => new Uint8Array(memory.buffer, askedBytes, count * stride),
  };
}

/** `signs`, `question` and `output` are byte offsets; `output` gets 16 bits a vector. `count` is at least 1. */
type Comparison = (signs: number, count: number, question: number, output: number) => void;

function compileComparison(memory: WebAssembly.Memory, lanes: number): Comparison {
  const [signs, count, question, output, sum] = [0, 1, 2, 3, 4] as const;
  const advance = (local: number, by: number): number[] => [get(local), i32(by), add, set(local)].flat();
  const differing = (index: number): number[] => {
    const at = load(index * laneBytes);
    return [get(signs), at, get(question), at, xor, onesInBytes, pairsOfBytes, index > 0 ? addShorts : []].flat();
  };
  const total = [0, 1, 2, 3].flatMap((index) => [...get(sum), ...lane(index), ...(index > 0 ? add : [])]);
  const bytes = moduleOf({
    name: 'compare',
    parameters: [type.i32, type.i32, type.i32, type.i32],
    locals: [[1, type.v128]],
    body: loop(
      [...Array.from({ length: lanes }, (_, index) => differing(index)).flat(), ...pairsOfShorts, ...set(sum)],
      [...get(output), ...total, ...storeShort(0)],
      [...advance(signs, lanes * laneBytes), ...advance(output, 2), ...advance(count, -1)],
      get(count),
    ),
  });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports.compare as Comparison;
}
