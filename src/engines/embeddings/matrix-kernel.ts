import {
  add,
  get,
  highToInt,
  i32,
  intToFloat,
  lessThan,
  load,
  loadBytes,
  loadSplat,
  loop,
  lowToInt,
  moduleOf,
  multiply,
  multiplyAdd,
  set,
  splat,
  store,
  type,
} from '../../core/wasm-bytes.ts';

/** Output columns computed together: their weights lie side by side. */
export const panelWidth = 8;
/** Rows computed together: their number must be a multiple of it. */
export const rowBlock = 4;

/**
 * All but `rows`, `depth`, `scale` and `min` are byte offsets into the memory. `weights`: `depth` × `panelWidth` bytes, each standing for
 * byte × scale + min; `bias`: `panelWidth` floats; `stride`: bytes from one row of the output to the next; `scratch`: room for
 * `depth` × `panelWidth` floats.
 */
export type PanelProduct = (
  ...given: [
    input: number,
    rows: number,
    depth: number,
    weights: number,
    scale: number,
    min: number,
    bias: number,
    output: number,
    stride: number,
    scratch: number,
  ]
) => void;

/**
 * `output = input × weights + bias` for one panel of columns, in 128-bit SIMD: the panel's bytes become floats once, then
 * blocks of 4 rows × 8 columns stay in registers.
 */
export function compileKernel(memory: WebAssembly.Memory): PanelProduct {
  const module = new WebAssembly.Module(kernelBytes());
  return new WebAssembly.Instance(module, { env: { memory } }).exports.panel as PanelProduct;
}

const [input, rows, depth, weights, scale, min, bias, output, stride, scratch] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const [index, row, at, from, spread, floor, bytes, left, right, value] = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19] as const;
const firstSum = 20;
const columnBytes = panelWidth * 4;

function kernelBytes(): Uint8Array<ArrayBuffer> {
  const { i32: int, f32, v128 } = type;
  return moduleOf({
    name: 'panel',
    parameters: [int, int, int, int, f32, f32, int, int, int, int],
    locals: [
      [4, int],
      [6 + 2 * rowBlock, v128],
    ],
    body: [...spreadWeights(), ...i32(0), ...set(row), ...loop(blockOfRows(), [...get(row), ...get(rows), ...lessThan])],
  });
}

function spreadWeights(): number[] {
  const toFloat = (half: number[], offset: number): number[] =>
    [get(at), get(bytes), half, intToFloat, get(spread), get(floor), multiplyAdd, store(offset)].flat();
  return [
    [get(scale), splat, set(spread), get(min), splat, set(floor), get(scratch), set(at), i32(0), set(index)].flat(),
    loop(
      [get(weights), get(index), i32(panelWidth), multiply, add, loadBytes(0), set(bytes)].flat(),
      toFloat(lowToInt, 0),
      toFloat(highToInt, 16),
      advance(at, columnBytes),
      advance(index, 1),
      [...get(index), ...get(depth), ...lessThan],
    ),
  ].flat();
}

function blockOfRows(): number[] {
  const blocks = Array.from({ length: rowBlock }, (_, one) => one);
  const sums = (one: number): [number, number] => [firstSum + 2 * one, firstSum + 2 * one + 1];
  // Each row of the block is read at its own distance from the first, so the depth comes in as a multiple.
  const rowAt = (one: number): number[] => [get(from), get(depth), i32(4 * one), multiply, add, loadSplat(0), set(value)].flat();
  const addProduct = (one: number): number[] => {
    const [low, high] = sums(one);
    return [
      rowAt(one),
      [get(value), get(left), get(low), multiplyAdd, set(low)].flat(),
      [get(value), get(right), get(high), multiplyAdd, set(high)].flat(),
    ].flat();
  };
  const write = (one: number): number[] => {
    const [low, high] = sums(one);
    const place = [get(output), get(row), i32(one), add, get(stride), multiply, add].flat();
    return [place, get(low), store(0), place, get(high), store(16)].flat();
  };
  return [
    blocks.flatMap((one) => [get(bias), load(0), set(sums(one)[0]), get(bias), load(16), set(sums(one)[1])].flat()),
    [get(input), get(row), get(depth), multiply, i32(4), multiply, add, set(from)].flat(),
    [get(scratch), set(at), i32(0), set(index)].flat(),
    loop(
      [get(at), load(0), set(left), get(at), load(16), set(right)].flat(),
      blocks.flatMap(addProduct),
      advance(at, columnBytes),
      advance(from, 4),
      advance(index, 1),
      [...get(index), ...get(depth), ...lessThan],
    ),
    blocks.flatMap(write),
    advance(row, rowBlock),
  ].flat();
}

const advance = (local: number, by: number): number[] => [get(local), i32(by), add, set(local)].flat();
