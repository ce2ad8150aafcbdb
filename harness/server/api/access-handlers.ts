/** What the calls about who may do what do. */
import type { Host } from '../host/host.js';
import type { ACCESS_CONTRACTS } from './access-contract.js';
import type { Caller } from './access.js';
import type { Handler } from './handlers.js';

type AccessContracts = typeof ACCESS_CONTRACTS;

export const ACCESS_HANDLERS: { [N in keyof AccessContracts]: Handler<AccessContracts[N]> } = {
  whoAmI: ({ caller: { name, kind, grants } }) => ({ name, kind, grants }),
  changeOwnPassword: ({ signIn, caller, body, address }) =>
    signIn.changeOwnPassword(caller, body.old, body.new, address),
  makeTicket: ({ access, caller }) => ({ ticket: access.tickets.issue(caller.credential) }),
  signIn: ({ signIn, body, address }) =>
    'code' in body ? signIn.byCode(body.code, address) : signIn.byPassword(body.user, body.password, address),
  makeCode: ({ access, caller }) => ({ code: access.codes.issue(caller.credential) }),
  signOut: ({ signIn, caller }) => {
    signIn.out(caller);
    return null;
  },
  listTokens: ({ access }) => access.tokens.list(),
  makeToken: async ({ host, access, caller, body }) => {
    access.assertNameFree(body.name);
    const token = await access.tokens.make(body.name, body.grants);
    note(host, caller, 'token-made', body.name);
    return { token };
  },
  grantToken: async ({ host, access, caller, params, body }) => {
    await access.tokens.grant(params.token, body);
    return note(host, caller, 'token-granted', params.token);
  },
  revokeToken: async ({ host, access, caller, params }) => {
    await access.tokens.revoke(params.token);
    return note(host, caller, 'token-revoked', params.token);
  },
  listUsers: ({ access }) => access.users.list(),
  makeUser: async ({ host, access, caller, body: { name, password, grants } }) => {
    access.assertNameFree(name);
    await access.users.make(name, password, grants);
    return note(host, caller, 'user-made', name);
  },
  grantUser: async ({ host, access, caller, params, body }) => {
    await access.users.grant(params.user, body);
    return note(host, caller, 'user-granted', params.user);
  },
  setPassword: async ({ signIn, caller, params, body }) => {
    await signIn.setPassword(params.user, body.password, caller.name);
    return null;
  },
  deleteUser: async ({ host, access, caller, params }) => {
    await access.users.delete(params.user);
    access.sessions.endOfUser(params.user);
    return note(host, caller, 'user-deleted', params.user);
  },
};

function note(host: Host, { name }: Caller, kind: string, detail: string): null {
  host.events.add({ machine: null, kind, by: name, detail });
  return null;
}
