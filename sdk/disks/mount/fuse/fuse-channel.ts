/**
 * How a server of ours gets its connection to the kernel. `fusermount3` mounts for anybody and hands the connection over a
 * socket, which Node cannot take; Perl, which every Debian system has, takes it and becomes the server.
 */

// recvmsg(2) by its number, since Perl's own modules for it are in another package. The structures are those of 64-bit Linux.
const TAKE_AND_BECOME = String.raw`
use strict; use Socket; use Fcntl;
my ($options, $place, $syscall, @server) = @ARGV;
$^F = 255;
socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, 0) or die "socketpair: $!\n";
$ENV{_FUSE_COMMFD} = fileno $theirs;
system('fusermount3', '-o', $options, '--', $place) == 0 or die "fusermount3 could not mount\n";
delete $ENV{_FUSE_COMMFD};
my $byte = "\0" x 8; my $control = "\0" x 64;
my $vector = pack('PQ', $byte, 1);
my $message = pack('QLx4PQPQlx4', 0, 0, $vector, 1, $control, 64, 0);
syscall($syscall + 0, fileno($ours) + 0, $message, 0) > 0 or die "recvmsg: $!\n";
my $fd = unpack('l', substr($control, 16, 4));
open(my $kept, '+<&=', $fd) or die "descriptor $fd: $!\n";
fcntl($kept, F_SETFD, 0);
close $ours; close $theirs;
for (@server) { $_ = $fd if $_ eq '{fd}' }
exec { $server[0] } @server or die "exec: $!\n";
`;

const RECVMSG: Partial<Record<NodeJS.Architecture, number>> = { x64: 47, arm64: 212, riscv64: 212 };

/** Whether this can be done on a host of this architecture. */
export function hasFuseChannel(architecture: NodeJS.Architecture = process.arch): boolean {
  return RECVMSG[architecture] !== undefined;
}

/**
 * The arguments of `perl` that mount and then become the server.
 * @param server its command; `{fd}` in it becomes the connection's descriptor
 */
export function fuseChannelArguments(
  { options, place }: { options: readonly string[]; place: string },
  server: readonly string[],
): string[] {
  return ['-e', TAKE_AND_BECOME, options.join(','), place, String(RECVMSG[process.arch]), ...server];
}
