import { Command } from 'commander';
import {
  catCommand,
  getCommand,
  lsCommand,
  mountCommand,
  mountsCommand,
  putCommand,
  unmountCommand,
} from './disk-files/index.js';
import { compactCommand, resizeCommand } from './disk/change.js';
import { checkCommand, repairCommand } from './disk/check.js';
import { convertCommand, createCommand, infoCommand } from './disk/make.js';
import { chainCommand, discardCommand, mergeCommand } from './disk/overlays.js';

export function diskCommand(): Command {
  return new Command('disk')
    .description('make, look at, convert and mend disk images: raw, VHD, VHDX, qcow2 and VMDK')
    .addHelpText('after', AFTER_HELP)
    .addCommand(createCommand())
    .addCommand(infoCommand())
    .addCommand(convertCommand())
    .addCommand(resizeCommand())
    .addCommand(compactCommand())
    .addCommand(checkCommand())
    .addCommand(repairCommand())
    .addCommand(chainCommand())
    .addCommand(mergeCommand())
    .addCommand(discardCommand())
    .addCommand(mountCommand())
    .addCommand(unmountCommand())
    .addCommand(mountsCommand())
    .addCommand(lsCommand())
    .addCommand(catCommand())
    .addCommand(getCommand())
    .addCommand(putCommand());
}

const AFTER_HELP = `
What an image is, is told by what is in it. Raw images and VHDs are handled by Guestwright itself, VHDX, qcow2 and VMDK
by qemu-img (Debian package qemu-utils). What is written appears whole or not at all. No image is to be in use meanwhile.

Examples:
  guestwright disk create data.vhd --size 10GB
  guestwright disk create --parent base.vhd child.vhd     an overlay: it holds what differs from base.vhd
  guestwright disk convert old.vhd new.qcow2
  guestwright disk check new.qcow2

A name that begins with a dash is given after --, or as ./-name.`;
