# An RTSP server that is not ours: it serves what a source announces to it. Ports: clients, sources.
use strict;
use warnings;
use AnyEvent;
use RTSP::Server;

my ($client_port, $source_port) = @ARGV;
my $server = RTSP::Server->new(
    client_listen_address => '127.0.0.1', client_listen_port => $client_port,
    source_listen_address => '127.0.0.1', source_listen_port => $source_port,
    log_level => 0,
);
$server->listen;
$| = 1;
print "ready\n";
# It ends with its parent's pipe.
my $end = AnyEvent->condvar;
my $watch = AnyEvent->io(fh => \*STDIN, poll => 'r', cb => sub { $end->send unless sysread STDIN, my $buffer, 1 });
$end->recv;
