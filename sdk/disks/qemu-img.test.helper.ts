import { execFileSync } from 'node:child_process';

/** Not everyone who has QEMU has its tool for images. */
export function hasQemuImg(): boolean {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
