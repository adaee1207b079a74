# sql_messages.pl FILE...: the messages of the SQL objects as C that xgettext reads.
#
# Called by make (nls.mk).  A message is the argument of msb_org.gettext('...'), or the first two
# of msb_org.ngettext('...', '...', count).  Anything else there ends the run: what is
# put together from pieces cannot be translated.

use strict;
use warnings;

my $literal = qr/'((?:[^']|'')*)'/;

sub c_literal
{
    my ($text) = @_;
    $text =~ s/''/'/g;
    $text =~ s/(["\\])/\\$1/g;
    die "a message goes over several lines: $text\n" if $text =~ /\n/;
    return qq("$text");
}

for my $file (@ARGV)
{
    open my $in, '<', $file or die "$file: $!\n";
    my $sql = do { local $/; <$in> };

    # what is not run: comments, and what makes the two functions
    $sql =~ s/^[ \t]*--[^\n]*//mg;
    while ($sql =~ /\bmsb_org\.(n?)gettext\(/g)
    {
        my ($plural, $end) = ($1, pos $sql);
        my $line = 1 + (substr($sql, 0, $end) =~ tr/\n//);
        next if substr($sql, 0, $end) =~ /(?:FUNCTION|ROUTINE) msb_org\.n?gettext\($/;
        my $rest = substr $sql, $end;
        my @messages = $plural ? $rest =~ /^$literal\s*,\s*$literal\s*,/ : $rest =~ /^$literal\)/;
        die "$file:$line: ${plural}gettext needs its message as a literal\n" unless @messages;
        printf qq(#line %d "%s"\n%sgettext(%s);\n), $line, $file, $plural, join ', ', map { c_literal($_) } @messages;
    }
}
