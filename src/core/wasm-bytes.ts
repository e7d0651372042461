declare global {
  // @types/node leaves these to the DOM library, which has no place here.
  namespace WebAssembly {
    class Memory {
      constructor(size: { initial: number });
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    type Module = object;
    const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
    class Instance {
      constructor(module: Module, imports: Record<string, Record<string, Memory>>);
      readonly exports: Record<string, unknown>;
    }
  }
}

/** The few WebAssembly instructions that our kernels need (https://webassembly.github.io/spec/core/appendix/index-instructions.html). */
export const type = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export const get = (local: number): number[] => [0x20, ...unsigned(local)];
export const set = (local: number): number[] => [0x21, ...unsigned(local)];
export const i32 = (value: number): number[] => [0x41, ...signed(value)];
export const add = [0x6a];
export const multiply = [0x6c];
/** Repeats `body` while what it leaves on the stack is not 0. At least once. */
export const loop = (...body: number[][]): number[] => [0x03, 0x40, ...body.flat(), 0x0d, 0x00, 0x0b];
export const lessThan = [0x48];

const simd = (code: number, ...immediates: number[]): number[] => [0xfd, ...unsigned(code), ...immediates];
/** 16-bit lanes from 8 unsigned bytes. */
export const loadBytes = (offset: number): number[] => simd(0x02, 0, ...unsigned(offset));
export const load = (offset: number): number[] => simd(0x00, 0, ...unsigned(offset));
export const loadSplat = (offset: number): number[] => simd(0x09, 0, ...unsigned(offset));
export const store = (offset: number): number[] => simd(0x0b, 0, ...unsigned(offset));
export const splat = simd(0x13);
export const lowToInt = simd(0xa9);
export const highToInt = simd(0xaa);
export const intToFloat = simd(0xfa);
/** a × b + c in one step where the processor has it. */
export const multiplyAdd = simd(0x105);
export const xor = simd(0x51);
/** How many bits of each byte are set. */
export const onesInBytes = simd(0x62);
/** Sums of neighbours: 8 of 16 bits from 16 unsigned bytes, then 4 of 32 bits from those. */
export const pairsOfBytes = simd(0x7d);
export const pairsOfShorts = simd(0x7f);
export const addShorts = simd(0x8e);
/** One of the four 32-bit lanes. */
export const lane = (index: number): number[] => simd(0x1b, index);
/** The lower 16 bits of an i32. */
export const storeShort = (offset: number): number[] => [0x3b, 0, ...unsigned(offset)];

const version = [0x01, 0x00, 0x00, 0x00];

/** A module that imports one memory, `env.memory`, and exports one function. */
export function moduleOf({
  name,
  parameters,
  locals,
  body,
}: {
  name: string;
  parameters: number[];
  locals: [number, number][];
  body: number[];
}): Uint8Array<ArrayBuffer> {
  const code = [...unsigned(locals.length), ...locals.flatMap(([count, kind]) => [...unsigned(count), kind]), ...body, 0x0b];
  return new Uint8Array([
    0x00,
    ...text('asm').slice(1),
    ...version,
    ...section(1, [1, 0x60, ...vector(parameters), 0]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text(name), 0x00, 0]),
    ...section(10, [1, ...vector(code)]),
  ]);
}

const section = (id: number, content: number[]): number[] => [id, ...vector(content)];
const vector = (content: number[]): number[] => [...unsigned(content.length), ...content];
const text = (name: string): number[] => vector([...new TextEncoder().encode(name)]);

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
