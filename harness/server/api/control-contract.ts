/** The calls on who has a machine's keyboard and mouse. */
import { z } from 'zod';
import { machineName } from '../machines/config.js';

const params = z.strictObject({ name: machineName });

export const controlState = z.object({
  /** Null: nobody has it. `viewer`: only through this one; null: through any of this name's. */
  holder: z.object({ by: z.string(), viewer: z.uuid().nullable() }).nullable(),
  since: z.iso.datetime().nullable(),
});

export const controlContracts = {
  describeControl: {
    method: 'GET',
    path: '/machines/:name/control',
    summary: 'Who has control of a machine that runs: its keyboard and mouse',
    right: 'read',
    params,
    result: controlState,
  },
  takeControl: {
    method: 'POST',
    path: '/machines/:name/control',
    summary: 'Take control; from somebody else only with `force`, which is written into the log',
    right: 'execute',
    params,
    body: z.strictObject({
      /** The viewer (`?viewer=` of its WebSocket) that alone is to have it. */
      viewer: z.uuid().nullable().default(null),
      force: z.boolean().default(false),
    }),
    result: controlState,
  },
  releaseControl: {
    method: 'DELETE',
    path: '/machines/:name/control',
    summary: "Give control back; somebody else's is taken away only with `force`",
    right: 'execute',
    params,
    query: z.strictObject({ force: z.stringbool().default(false) }),
    result: controlState,
  },
} as const;
