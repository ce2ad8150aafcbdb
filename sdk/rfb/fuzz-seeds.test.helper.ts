/** Seeds whose cases once found a bug. */
export const FOUND_ONCE: readonly number[] = [];
