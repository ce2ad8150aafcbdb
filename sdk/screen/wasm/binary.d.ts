/** WebAssembly modules as base64. `npm run build` writes the module itself to dist (`scripts/build-wasm.mjs`). */

/** Compiled with SIMD. */
export declare const simd: string;
/** The same without. */
export declare const plain: string;
