/** The content-addressed store of snapshots, and what keeps it small and whole. */
export { exportBundle, importBundle, type Bundled, type ImportOptions } from './bundle.js';
export { snapshotName, type Manifest } from './manifest.js';
export {
  collectGarbage,
  contentBytes,
  removeDamage,
  storeBytes,
  storeStats,
  verifyStore,
  type Collected,
  type Damage,
  type StoreStats,
} from './maintenance.js';
export { SnapshotStore, type NewSnapshot, type Put } from './store.js';
