/** The shape of all-MiniLM-L6-v2. */
export const dimensions = 384;
export const heads = 12;
export const layers = 6;
export const innerSize = 1_536;
