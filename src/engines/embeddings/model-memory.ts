import { panelWidth, type PanelProduct } from './matrix-kernel.ts';
import type { Weights } from './model-files.ts';

/** Weights in panels inside the WebAssembly memory, and their bias: byte offsets. */
export interface Dense {
  weights: number;
  bias: number;
  depth: number;
  width: number;
  scale: number;
  min: number;
}

/** The memory that the kernel works in. It grows when `settle` is called, so views are taken after that. */
export interface Room {
  memory: WebAssembly.Memory;
  /** Byte offset of that many floats. */
  reserve(floats: number): number;
  /** Byte offset of a copy. */
  place(bytes: Uint8Array): number;
  settle(): void;
}

export function createRoom(): Room {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let end = 64;
  const take = (bytes: number): number => {
    const start = end;
    end = Math.ceil((end + bytes) / 64) * 64;
    return start;
  };
  const settle = (): void => {
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  };
  return {
    memory,
    settle,
    reserve: (floats) => take(floats * 4),
    place: (bytes) => {
      const start = take(bytes.length);
      settle();
      new Uint8Array(memory.buffer).set(bytes, start);
      return start;
    },
  };
}

export const floats = ({ bytes, scale, min }: Weights): Float32Array => Float32Array.from(bytes, (byte) => byte * scale + min);

export function placeDense(room: Room, matrix: Weights, bias: Weights): Dense {
  const [depth, width] = matrix.shape as [number, number];
  const biasFloats = floats(bias);
  return {
    weights: room.place(inPanels(matrix.bytes, depth, width)),
    bias: room.place(new Uint8Array(biasFloats.buffer)),
    depth,
    width,
    scale: matrix.scale,
    min: matrix.min,
  };
}

/** From rows of `width` bytes to panels of `panelWidth` columns, each with all its rows one after the other. */
function inPanels(bytes: Uint8Array, depth: number, width: number): Uint8Array {
  const rows = new Float64Array(Uint8Array.from(bytes).buffer);
  const panels = new Float64Array(rows.length);
  const across = width / panelWidth;
  for (let panel = 0; panel < across; panel += 1) {
    for (let row = 0; row < depth; row += 1) panels[panel * depth + row] = rows[row * across + panel]!;
  }
  return new Uint8Array(panels.buffer);
}

interface Product {
  from: number;
  to: number;
  rows: number;
  scratch: number;
}

/** Every panel of one product; `to` gets `rows` × `width` floats. */
export function multiply(panel: PanelProduct, dense: Dense, { from, to, rows, scratch }: Product): void {
  const { weights, bias, depth, width, scale, min } = dense;
  for (let column = 0; column < width; column += panelWidth) {
    panel(from, rows, depth, weights + column * depth, scale, min, bias + column * 4, to + column * 4, width * 4, scratch);
  }
}
