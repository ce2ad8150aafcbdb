import { expect, test } from 'vitest';
import { parseBiosKeys, parseRegisters } from './registers.js';

const cpu = (index: number, flags: string, halted: number, control: string): string =>
  `\r\nCPU#${index}\r\nEAX=0000fc10 EBX=00000000\r\nEIP=0000efaa EFL=${flags} [-------] CPL=0 II=0 A20=1 SMM=0 HLT=${halted}\r\n` +
  `CS =f000 000f0000 0000ffff 00009b00\r\nCR0=${control} CR2=00000000 CR3=00000000 CR4=00000000\r\n`;

test('a processor has stopped for good when it halted with interrupts off', () => {
  expect(parseRegisters(cpu(0, '00000002', 1, '60000010'))?.stopped).toBe(true);
  expect(parseRegisters(cpu(0, '00000202', 1, '60000010'))?.stopped).toBe(false);
  expect(parseRegisters(cpu(0, '00000002', 0, '60000010'))?.stopped).toBe(false);
});

test('a machine has stopped when all of its processors have', () => {
  const stopped = cpu(0, '00000002', 1, '60000010');
  expect(parseRegisters(stopped + cpu(1, '00000202', 1, '60000010'))?.stopped).toBe(false);
  expect(parseRegisters(stopped + cpu(1, '00000002', 1, '60000010'))?.stopped).toBe(true);
});

test('a machine is asleep when all of its processors are, whether or not an interrupt may wake them', () => {
  const asleep = cpu(0, '00000202', 1, '60000010');
  expect(parseRegisters(asleep + cpu(1, '00000002', 1, '60000010'))?.asleep).toBe(true);
  expect(parseRegisters(asleep + cpu(1, '00000202', 0, '60000010'))?.asleep).toBe(false);
});

test('paging and the address are those of the first processor, in 32 and in 64 bits', () => {
  expect(parseRegisters(cpu(0, '00000002', 0, '80050033'))).toMatchObject({ paging: true, address: 0xfefaa });
  const wide =
    'CPU#0\nRIP=ffffffff81a4 RFL=00000246 [---] HLT=1\nCS =0010 0000000000000000 ffffffff 00af9b00\nCR0=80050033 CR2=0';
  expect(parseRegisters(wide)).toEqual({ asleep: true, stopped: false, paging: true, address: 0xffffffff81a4 });
});

test('a text that is not understood is null', () => {
  expect(parseRegisters('unknown command')).toBeNull();
});

test('keys in the buffer of the BIOS are counted around its end', () => {
  expect(parseBiosKeys('000000000000041a: 0x001e 0x001e')).toBe(0);
  expect(parseBiosKeys('000000000000041a: 0x001e 0x0024')).toBe(3);
  expect(parseBiosKeys('000000000000041a: 0x003c 0x0020')).toBe(2);
  expect(parseBiosKeys('000000000000041a: 0xf000 0xe987')).toBe(0);
});
