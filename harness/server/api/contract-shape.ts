/** What is said of a call of the API. */
import type { z } from 'zod';
import type { Guarded } from './may-call.js';

/** `right`: on the machine `:name` where there is one in the path, else on the host. */
export interface Contract extends Guarded {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** Below `/api/v1`. Parameters as `:name`. */
  path: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Null: nothing is answered. */
  result: z.ZodType;
}

export const contract = <const C extends Contract>(one: C): C => one;
