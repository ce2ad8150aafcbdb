/** The calls of the API that are about who may do what. */
import { z } from 'zod';
import { contract, type Contract } from './contract-shape.js';
import { newPassword, triedPassword } from './passwords.js';
import { grantsSchema } from './rights.js';
import { tokenName } from './tokens.js';
import { userName } from './users.js';

const nothing = z.null();
const tokenParams = z.strictObject({ token: tokenName });
const userParams = z.strictObject({ user: userName });
const session = z.object({ token: z.string(), expires: z.iso.datetime() });
const secret = z.string().min(1).max(200);

export const ACCESS_CONTRACTS = {
  whoAmI: contract({
    method: 'GET',
    path: '/me',
    summary: 'Who calls, and what it may do',
    right: 'any',
    result: z.object({ name: z.string(), kind: z.enum(['token', 'user']), grants: grantsSchema }),
  }),
  changeOwnPassword: contract({
    method: 'PUT',
    path: '/me/password',
    summary: 'Change the password of the user who calls. All sessions of it end; the answer is a new one',
    right: 'any',
    body: z.strictObject({ old: triedPassword, new: newPassword }),
    result: session,
  }),
  makeTicket: contract({
    method: 'POST',
    path: '/tickets',
    summary: 'A ticket for a WebSocket of the caller: good once, within 30 seconds, as `?ticket=…`',
    right: 'any',
    result: z.object({ ticket: z.string() }),
  }),
  signIn: contract({
    method: 'POST',
    path: '/sessions',
    summary:
      'Sign in with a password, or with a code. The session is shown like a token; it lasts 12 hours, 2 when idle',
    right: 'none',
    body: z.union([z.strictObject({ user: secret, password: triedPassword }), z.strictObject({ code: secret })]),
    result: session,
  }),
  makeCode: contract({
    method: 'POST',
    path: '/sessions/link',
    summary: 'A code to sign in with as the caller: good once, within 60 seconds',
    right: 'any',
    result: z.object({ code: z.string() }),
  }),
  signOut: contract({
    method: 'DELETE',
    path: '/sessions/current',
    summary: 'End the session that is shown',
    right: 'any',
    result: nothing,
  }),
  listTokens: contract({
    method: 'GET',
    path: '/tokens',
    summary: 'Tokens and what they may do',
    right: 'permissions',
    result: z.array(z.object({ name: tokenName, created: z.iso.datetime(), grants: grantsSchema })),
  }),
  makeToken: contract({
    method: 'POST',
    path: '/tokens',
    summary: 'Make a token. It is in this answer and nowhere else',
    right: 'permissions',
    body: z.strictObject({ name: tokenName, grants: grantsSchema }),
    result: z.object({ token: z.string() }),
  }),
  grantToken: contract({
    method: 'PUT',
    path: '/tokens/:token',
    summary: 'Say what a token may do',
    right: 'permissions',
    params: tokenParams,
    body: grantsSchema,
    result: nothing,
  }),
  revokeToken: contract({
    method: 'DELETE',
    path: '/tokens/:token',
    summary: 'Make a token void',
    right: 'permissions',
    params: tokenParams,
    result: nothing,
  }),
  listUsers: contract({
    method: 'GET',
    path: '/users',
    summary: 'Users and what they may do',
    right: 'permissions',
    result: z.array(z.object({ name: userName, created: z.iso.datetime(), grants: grantsSchema })),
  }),
  makeUser: contract({
    method: 'POST',
    path: '/users',
    summary: 'Make a user',
    right: 'permissions',
    body: z.strictObject({ name: userName, password: newPassword, grants: grantsSchema }),
    result: nothing,
  }),
  grantUser: contract({
    method: 'PUT',
    path: '/users/:user',
    summary: 'Say what a user may do',
    right: 'permissions',
    params: userParams,
    body: grantsSchema,
    result: nothing,
  }),
  setPassword: contract({
    method: 'PUT',
    path: '/users/:user/password',
    summary: "Set a user's password. The user's sessions end",
    right: 'permissions',
    params: userParams,
    body: z.strictObject({ password: newPassword }),
    result: nothing,
  }),
  deleteUser: contract({
    method: 'DELETE',
    path: '/users/:user',
    summary: "Delete a user. The user's sessions end",
    right: 'permissions',
    params: userParams,
    result: nothing,
  }),
} as const satisfies Record<string, Contract>;
