# The page of reports: written by psql as a role that may execute the reports and nothing
# else, from a tenth of the demonstration's cases, read by the server's XML parser and by
# headless Chromium, and compared with queries over the application's own tables.
use strict;
use warnings;

use File::Temp;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = '4GB'");
$ENV{PGTZ} = 'Europe/Copenhagen';
$node->start;

sub script
{
    my ($script, $database) = @_;
    my ($out, $err) = ('', '');
    my $input = "\\encoding UTF8\n\\set ON_ERROR_STOP on\n$script";
    IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr($database // 'postgres') ], '<', \$input, '>', \$out, '2>', \$err)
      or die "psql: $err";
    return $out;
}

# The page, as the reader's role; what psql says; its exit code.
sub page
{
    my ($database, @parameters) = @_;
    my ($out, $err) = ('', '');
    IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr($database) . ' user=laeser', (map { ('-v', $_) } @parameters), '-f', 'extension/reports/page/msb_org_report.sql' ],
        '>', \$out, '2>', \$err);
    return ($out, $err, $? >> 8);
}

sub quoted { return q{'} . ($_[0] =~ s/'/''/gr) . q{'} }

# What XPath finds, one text a line; the server's parser takes a well-formed page only.
my $pages = $node->basedir . '/pages';
mkdir $pages or die "$pages: $!";
sub found
{
    my ($page, $xpath) = @_;
    my $file = "$pages/asked.html";
    open my $handle, '>', $file or die "$file: $!";
    print $handle $page;
    close $handle;
    return $node->safe_psql('postgres', "SELECT * FROM unnest(xpath(" . quoted($xpath) . ", xmlparse(DOCUMENT convert_from(pg_read_binary_file(" . quoted($file)
          . "), 'UTF8')), ARRAY[ARRAY['h', 'http://www.w3.org/1999/xhtml'], ARRAY['s', 'http://www.w3.org/2000/svg']])::text[])");
}

my $danish = sub { my ($n) = @_; 1 while $n =~ s/^(-?\d+)(\d{3})/$1.$2/; return $n };

# A page's table as a hash: heading of the row (and of others beside it) => its cells.
sub table
{
    my ($page, $id) = @_;
    my ($table) = $page =~ m{<caption id="t-\Q$id\E">.*?</caption>(.*?)</table>}s or return {};
    my %row;
    while ($table =~ m{<tr><th scope="row">(.*?)</th>(.*?)</tr>}sg)
    {
        my ($heading, $cells) = ($1, $2);
        $heading =~ s/<[^>]+>//g;
        push @{ $row{$heading} }, [ map { s/<[^>]+>//gr } $cells =~ m{<td[^>]*>(.*?)</td>}sg ];
    }
    return \%row;
}

my $attach = join '', slurp_file('demo/step_4_observe.sql') =~ /^(SELECT msb_org\.attach\(.*?\);)$/msg;
$attach =~ s/'observe'/'fill'/g;
my ($grants) = slurp_file('docs/reports.md') =~ /^    (GRANT USAGE[^\n]*\n    GRANT EXECUTE ON FUNCTION msb_org\.load_by_area\(text, date, date\), msb_org\.structure_flow\(.*?;)$/ms
  or die 'docs/reports.md has no grants for the page';
$grants =~ s/ledelsesinformation/laeser/g;

# The title of one unit holds what HTML would take for its own.
my $odd = q{Unge <b>&"job"</b> 'x' \\ 15-29};
script(q{\i demo/case_database.sql
\i demo/data.sql
DELETE FROM "Beskæftigelse"."Jobsag" j WHERE NOT EXISTS (SELECT FROM borger b WHERE b.borger_id % 10 = 0 AND b.cpr = replace(j."CPR nr", '-', ''));
DELETE FROM sag WHERE borger_id % 10 <> 0;
CREATE EXTENSION msb_org;
ALTER DATABASE postgres SET msb_org.today = '2019-07-31';
SET msb_org.today = '2019-07-31';
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
UPDATE msb_org.unit SET title = } . quoted($odd) . q{ WHERE structure = 'msb-2019' AND unit = 'unge';
SELECT msb_org.adopt('msb-2018', '2015-01-01'), msb_org.adopt('msb-2019', '2019-08-01');
\i demo/aliases.sql
} . $attach . q{
CALL msb_org.reassign('sag', 100000);
CALL msb_org.reassign('Jobsag', 200000);
\set day 2019-07-31
\i demo/plain.sql
CREATE TABLE july AS TABLE plain;
DROP TABLE plain;
ALTER DATABASE postgres SET msb_org.today = '2019-08-01';
SET msb_org.today = '2019-08-01';
SELECT msb_org.reassign_due();
\set day 2019-08-01
\i demo/plain.sql
CREATE TABLE august AS TABLE plain;
DROP TABLE plain;
-- some close, two of them in one area
UPDATE sag SET afsluttet = '2019-08-01' WHERE sag_id IN (SELECT case_key::integer FROM august WHERE case_table = 'sag' AND unit_2019 = 'boern' ORDER BY 1 LIMIT 2);
INSERT INTO msb_org.unit_figure SELECT 'msb-2019', unit, 2019, 100, 250000000 FROM msb_org.unit WHERE structure = 'msb-2019' AND kind = 'operating_area';
INSERT INTO msb_org.deadline (structure, deadline, counted, within, title) VALUES ('msb-2019', 'udsat', 'challenge social_exposure', '14 days', 'Svar til <udsatte> & andre');
CREATE TABLE henvendelse AS SELECT cpr, DATE '2019-07-01' + n % 30 AS dag, (ARRAY['telefon', 'brev & "post"'])[1 + n % 2] AS kanal
    FROM generate_series(1, 6000) n JOIN borger ON borger_id = 10 * (n % 8000);
SELECT msb_org.attach_contacts('henvendelse', citizen => 'cpr', at => 'dag', channel => 'kanal');
SELECT msb_org.write_plan(jsonb_build_object('citizen', left(cpr, 6) || '-' || right(cpr, 4), 'kind', 'min_plan', 'unit', 'job')) FROM borger WHERE borger_id % 10000 = 10;
ANALYZE;
CREATE ROLE laeser LOGIN;
} . $grants);

# --- The page, from a role that may do nothing else

my ($html, $err, $rc) = page('postgres', "municipality=Kommune <Å> & 'søn'");
is($err, '', 'no error');
is($rc, 0, 'psql ends with 0');
is($node->psql('postgres', 'SELECT FROM msb_org.assignment', extra_params => [ '-U', 'laeser' ]), 3, 'the role may not read the ledger');
is(found($html, 'count(/h:html/h:body/h:main/h:section)'), '11', 'well-formed; eleven sections');
is(found($html, '/h:html/@lang'), 'da', 'in Danish');
is(found($html, 'string(//h:p[@class="over"])'), q{Kommune &lt;Å&gt; &amp; 'søn'}, 'the municipality is text');
my @sections = qw(noegletal belastning faelles stroem overdragelser planer tider frister henvendelser handling om);
like($html, qr/<h2 id="$_">/, "section $_") for @sections;

# Every chart has a title, a description, and a table with the same numbers beside it.
my @charts = $html =~ /<svg [^>]*aria-labelledby="c-(\w+) d-\w+"/g;
is("@charts", 'belastning faelles stroem overdragelser planer tider frister henvendelser', 'the charts');
for my $chart (@charts)
{
    like($html, qr{<title id="c-$chart">[^<]+</title>\n<desc id="d-$chart">[^<]+</desc>}, "$chart: title and description");
    like($html, qr{<table[^>]*>\n<caption id="t-$chart">}, "$chart: a table with a caption");
}
is(found($html, 'count(//h:tr[not(h:th/@scope)])'), '0', 'every row of a table has a heading');
is(found($html, 'count(//h:table[not(h:caption)])'), '0', 'every table has a caption');
is(found($html, 'count(//@id)'), found($html, 'count(//@id[not(. = ../preceding::*/@id) and not(. = ../ancestor::*/@id)])'), 'no id twice');

# --- Its numbers against the application's own tables

my $of = sub { $node->safe_psql('postgres', $_[0]) };
my $hidden = sub { $_[0] > 0 && $_[0] < 5 ? '·' : $danish->($_[0]) };
my $load = table($html, 'belastning');
my @units = map { [ split /\|/ ] } split /\n/, $of->(q{SELECT coalesce(u.title, 'Kan ikke vurderes'), count(a.case_key), count(DISTINCT a.borger_id) FROM august a
    LEFT JOIN msb_org.unit u ON u.structure = 'msb-2019' AND u.unit = a.unit_2019
    WHERE NOT EXISTS (SELECT FROM sag WHERE case_table = 'sag' AND sag_id::text = case_key AND afsluttet = '2019-08-01') AND unit_2019 IS NOT NULL GROUP BY 1});
cmp_ok(scalar @units, '>=', 7, 'there are units to compare');
for my $unit (@units)
{
    my ($title, $cases, $citizens) = @$unit;
    my $escaped = $title =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr =~ s/'/&#39;/gr =~ s/\\/&#92;/gr;
    is($load->{$escaped}[0][0], $hidden->($cases), "load: cases of $title");
    is($load->{$escaped}[0][1], $hidden->($citizens), "load: citizens of $title");
}
my $boern = $load->{'Børn 0-14 år og familier'}[0];
is("@$boern[2, 3]", '· ·', 'two cases were closed in an area: neither new nor closed ones are shown of it');
is($boern->[4], '100,0', 'staff, written as in Danish');
is($boern->[7], '250,0', 'budget in millions');
is($load->{'Kan ikke vurderes'}[0][0], '·', 'cases that cannot be judged are not counted in the load,');
ok((grep { $_->[0] eq 'Kan ikke vurderes' && $_->[2] eq '·' } map { @$_ } values %{ table($html, 'fejl') }), 'since one of their findings is hidden');
is($load->{'I alt'}[0][0], 'mindst ' . $danish->($of->(q{SELECT count(*) FROM august WHERE unit_2019 IS NOT NULL
    AND NOT EXISTS (SELECT FROM sag WHERE case_table = 'sag' AND sag_id::text = case_key AND afsluttet = '2019-08-01')})), 'load: the sum is of what is shown');

my %pair = map { my ($a, $b, $n) = split /\|/; ("$a|$b", $n) } split /\n/, $of->(q{WITH l AS (SELECT DISTINCT borger_id, unit_2019 AS unit FROM august WHERE borger_id IS NOT NULL AND unit_2019 IS NOT NULL)
    SELECT a.unit, b.unit, count(*) FROM l a JOIN l b USING (borger_id) WHERE a.unit <> b.unit GROUP BY 1, 2});
my $overlap = table($html, 'faelles');
my @place = split /\n/, $of->(q{SELECT value ->> 'unit' FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'units') WITH ORDINALITY u
    WHERE e.structure = 'msb-2019' AND value ->> 'unit' IN (SELECT unit_2019 FROM august WHERE borger_id IS NOT NULL)
    ORDER BY array_position('{operating_area,entry,external}'::text[], value ->> 'kind'), ordinality});
my ($compared, $small) = (0, 0);
for my $row (@place)
{
    my $title = $of->("SELECT replace(replace(replace(replace(replace(replace(title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\"', '&quot;'), '''', '&#39;'), '\\', '&#92;') FROM msb_org.unit WHERE structure = 'msb-2019' AND unit = '$row'");
    for my $n (0 .. $#place)
    {
        my $expected = $row eq $place[$n] ? '–' : $hidden->($pair{"$row|$place[$n]"} // 0);
        $compared++, $small += $expected eq '·';
        is($overlap->{$title}[0][$n], $expected, "overlap: $row with $place[$n]") if ($overlap->{$title}[0][$n] // '') ne $expected;
    }
}
cmp_ok($compared, '>=', 49, "overlap: $compared fields compared");
cmp_ok($small, '>', 0, 'some of them hidden');

# structure_flow() against the two days, and the page against it, rounded.
is($of->(q{WITH d AS ((SELECT from_unit, to_unit, cases FROM msb_org.structure_flow('msb-2018', 'msb-2019')
         EXCEPT ALL SELECT j.unit_2018, a.unit_2019, nullif(count(*), least(count(*), 4)) FROM july j JOIN august a USING (case_table, case_key) GROUP BY 1, 2)
        UNION ALL (SELECT j.unit_2018, a.unit_2019, nullif(count(*), least(count(*), 4)) FROM july j JOIN august a USING (case_table, case_key) GROUP BY 1, 2
         EXCEPT ALL SELECT from_unit, to_unit, cases FROM msb_org.structure_flow('msb-2018', 'msb-2019'))) SELECT count(*) FROM d}), '0', 'structure_flow() is what the rules of the two days say');
is($of->('SELECT count(*) FROM msb_org.structure_flow()') , $of->(q{SELECT count(*) FROM (SELECT DISTINCT j.unit_2018, a.unit_2019 FROM july j JOIN august a USING (case_table, case_key)) d}), 'with its defaults too');
my @flow = map { [ split /\|/, $_, -1 ] } split /\n/, $of->(q{SELECT f.title, t.title, count(*) FROM july j JOIN august a USING (case_table, case_key)
    JOIN msb_org.unit f ON f.structure = 'msb-2018' AND f.unit = j.unit_2018 JOIN msb_org.unit t ON t.structure = 'msb-2019' AND t.unit = a.unit_2019 WHERE a.unit_2019 <> 'unge' GROUP BY 1, 2});
for my $band (@flow)
{
    my ($from, $to, $n) = @$band;
    my $rounded = $n >= 1000 ? int($n / 100 + 0.5) * 100 : int($n / 10 + 0.5) * 10;
    $rounded = 10 if $rounded < 10;
    my $said = $n < 5 ? 'skjult' : 'ca. ' . $danish->($rounded);
    ok($html =~ m{<title>\Q$from til $to: $said\E</title></path>}, "flow: $from to $to");
}
ok($html =~ m{<title>Kan ikke vurderes til Kan ikke vurderes: skjult</title></path>}, 'flow: cases that cannot be judged are not counted either');
ok($html =~ m{<path class="dash"}, 'a hidden flow is a dashed line');

my @closed_to = split /\n/, $of->(q{SELECT DISTINCT to_title FROM msb_org.structure_flow() WHERE cases IS NULL AND to_unit <> 'unge'});
cmp_ok(scalar @closed_to, '>', 0, 'units to which a flow is hidden');
is("@{ $load->{$_}[0] }[2, 3]", '· ·', "nor are new and closed cases shown of $_") for @closed_to;

my ($handovers) = $of->(q{SELECT sum(handovers) FROM msb_org.handovers_by_cause('2019-08-02', '2020-08-01') WHERE moves = 'case'});
like($html, qr{<dt>Overdragelser af sager næste 12 måneder</dt><dd>\Q@{[ $danish->($handovers) ]}\E}, 'handovers: the sum of what is shown');
my $plans = table($html, 'planer');
is($plans->{'Min Plan'}[0][1], '9', 'nine plans of one kind');
my $contacts = table($html, 'henvendelser');
is($contacts->{'Job, Sundhed og Ydelse'}[0][1], $danish->($of->(q{SELECT count(*) FROM henvendelse JOIN borger USING (cpr)
    WHERE kanal = 'telefon' AND EXISTS (SELECT FROM august a WHERE a.borger_id = borger.borger_id AND unit_2019 = 'sundhed')})), 'contacts by telephone');

# --- What must not be there

unlike($html, qr/<script|javascript:|\son\w+\s*=/i, 'no script');
unlike($html, qr/(?:src|href)\s*=|url\(|\@import/i, 'nothing is loaded');
unlike($html, qr/\b\d{6}-?\d{4}\b/, 'nothing like a CPR number');
unlike($html, qr/<b>/, 'a title brings no markup of its own');
my $text = $html =~ s/<style>.*?<\/style>//sr =~ s{<h\d.*?</h\d>|<p.*?</p>|<li>.*?</li>|<header>.*?</header>|<footer>.*?</footer>}{}gsr;
my @counts = $text =~ m{<td class="n[^"]*">([^<]*)</td>}g;
cmp_ok(scalar @counts, '>', 200, scalar(@counts) . ' numbers in tables');
is(join(' ', grep { /^[1-4]$/ } @counts), '', 'no count of one to four in a table');
is(join(' ', grep { /^[1-4]$/ } $text =~ m{<text [^>]*>([^<]*)</text>}g), '', 'nor in a chart');
is(join(' ', grep { /^[1-4]$/ } $text =~ m{<dd>([^<]*)}g), '', 'nor among the key figures');

# --- Contrast, as WCAG 2 reckons it

sub luminance
{
    my ($r, $g, $b) = map { my $c = hex($_) / 255; $c <= 0.03928 ? $c / 12.92 : (($c + 0.055) / 1.055)**2.4 } $_[0] =~ /^#(..)(..)(..)$/;
    return 0.2126 * $r + 0.7152 * $g + 0.0722 * $b;
}
sub contrast
{
    my ($low, $high) = sort { $a <=> $b } map { luminance($_) } @_;
    return ($high + 0.05) / ($low + 0.05);
}
for my $scheme ([ 'light', $html =~ /^:root \{(.*?)^\}/ms ], [ 'dark', $html =~ /dark\) \{\n  :root \{(.*?)^  \}/ms ])
{
    my ($name, $rules) = @$scheme;
    my %colour = $rules =~ /--(\w+): (#[0-9a-f]{6});/g;
    my @low = grep { contrast($colour{ink}, $colour{$_}) < 4.5 } qw(bg soft q0 q1 q2 q3 q4);
    push @low, grep { contrast($colour{muted}, $colour{$_}) < 4.5 } qw(bg soft);
    push @low, grep { contrast($colour{bg}, $colour{$_}) < 3 } qw(s0 s1 s2 k0 k1 k2 k3 k4 k5 kn);
    is("@low", '', "$name: texts have a contrast of 4.5 and more, shapes of 3");
}

# --- Other parameters, other databases

my ($old) = page('postgres', 'structure=msb-2018', 'from_date=2019-07-01', 'to_date=2019-07-31');
like($old, qr{<p class="sub">Ledelsesrapport pr\. 31\. juli 2019</p>}, 'another day');
like($old, qr{Organiseringen før 1\. august 2019\. Nye og afsluttede sager er talt fra 1\. juli 2019}, 'another structure and period');
is(table($old, 'belastning')->{'Jobcenter og ydelse'}[0][0], $danish->($of->(q{SELECT count(*) FROM july WHERE unit_2018 = 'besk'})), 'its load');
unlike($old, qr/id="stroem"/, 'nothing was before it: no flow');
my ($nothing, $why, $code) = page('postgres', 'structure=findes-ikke');
is("$nothing|$code", '|3', 'an unknown structure: an exit code and no page');
like($why, qr/no structure "findes-ikke" was ever adopted/, 'and it is said');

$node->safe_psql('postgres', 'CREATE DATABASE tom');
script("CREATE EXTENSION msb_org; ALTER DATABASE tom SET msb_org.today = '2019-08-01';\n$grants", 'tom');
my ($empty) = page('tom');
is(found($empty, 'string(//h:section/h:h2)'), 'Der er ingen organisering i kraft', 'no structure: the page says so');
script(q{SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', '2019-08-01');}, 'tom');
my ($caseless) = page('tom');
is(found($caseless, 'string(//h:section/h:h2)'), 'Der er ingen sager at vise', 'no cases: the page says so');

# min_cell of 1 hides nothing, of 50 what is below it, and the flow is rounded to more.
script(q{ALTER ROLE laeser SET msb_org.min_cell = 1});
is(join(' ', (page('postgres'))[0] =~ s/<p class="legend">.*?<\/p>|<li>.*?<\/li>//gsr =~ /.*(?:·|skjult).*/g), '', 'min_cell 1: nothing is hidden');
script(q{ALTER ROLE laeser SET msb_org.min_cell = 50});
my ($fifty) = page('postgres');
is(join(' ', grep { $_ > 0 && $_ < 50 } map { /^(\d+)$/ ? $1 : () } map { @$_[0, 1] } map { @$_ } values %{ table($fifty, 'belastning') }), '', 'min_cell 50: no smaller count');
like($fifty, qr/skjult, fordi det er under 50,/, 'the legend says so');
is(join(' ', grep { s/\.//r % 100 } map { /ca\. ([\d.]+)/g } $fifty =~ m{<title>([^<]*)</title></path>}g), '', 'the flow is rounded to hundreds');
script(q{ALTER ROLE laeser RESET msb_org.min_cell});

# --- In a browser

SKIP: {
    my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser") } split /:/, $ENV{PATH};
    if (!$chromium)
    {
        ok(0, 'chromium is there (tools/packages.txt)') if $ENV{MSB_CHECK};
        skip 'no chromium', 1;
    }

    my $browse = sub {
        my ($name, $content, @options) = @_;
        my $profile = File::Temp->newdir;
        my $file = "$pages/$name.html";
        my ($out, $log) = ('', '');
        open my $handle, '>', $file or die "$file: $!";
        print $handle $content;
        close $handle;
        IPC::Run::run([ $chromium, qw(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update
                    --disable-sync --disable-dev-shm-usage --disable-crash-reporter --enable-logging=stderr --hide-scrollbars --virtual-time-budget=5000), "--user-data-dir=$profile", @options, "file://$file" ],
            '<', \undef, '>', \$out, '2>', \$log, IPC::Run::timeout(120));
        is($? >> 8, 0, "$name: chromium ends with 0") or diag($log);
        is(join("\n", grep { /CONSOLE|Refused to|net::ERR/ } split /\n/, $log), '', "$name: no error in the console");
        return $out;
    };

    my $dom = $browse->('page', $html, '--dump-dom');
    like($dom, qr{<h2 id="$_">}, "chromium has section $_") for @sections;
    for my $look ([ 'wide', '--window-size=1200,2000' ], [ 'narrow', '--window-size=500,2000' ])
    {
        my $shot = "$pages/$look->[0].png";
        $browse->($look->[0], $html, $look->[1], "--screenshot=$shot");
        cmp_ok(-s $shot // 0, '>', 20000, "$look->[0]: a screenshot");
    }

    # A copy with a script, which the page itself forbids, measures what is drawn.
    my $measured = $html =~ s/<meta http-equiv[^>]*>//r;
    my $measure = q{<script>//<![CDATA[
    window.onload = function () {
        var said = [], drawn = 0, none = 0;
        document.querySelectorAll('svg').forEach(function (svg) {
            var box = svg.getBoundingClientRect();
            if (!(box.width > 200 && box.height > 30)) none++;
            svg.querySelectorAll('rect, path, text').forEach(function (e) {
                var b = e.getBBox(), v = svg.viewBox.baseVal;
                drawn++;
                if (!(b.width > 0 && (b.height > 0 || e.className.baseVal == 'dash'))) none++;
                if (b.x < v.x - 1 || b.x + b.width > v.x + v.width + 1 || b.y < v.y - 4 || b.y + b.height > v.y + v.height + 4) said.push('outside: ' + e.outerHTML);
            });
        });
        said.push('wider than the window: ' + (document.documentElement.scrollWidth > window.innerWidth));
        document.body.setAttribute('data-measured', drawn + ' drawn, ' + none + ' without a size; ' + said.join('; '));
    };
    //]]></script></body>};
    $measured =~ s{</body>}{$measure};
    for my $look ([ 'wide', '--window-size=1200,2000' ], [ 'narrow', '--window-size=500,2000' ])
    {
        my ($result) = $browse->("measured_$look->[0]", $measured, $look->[1], '--dump-dom') =~ /data-measured="([^"]*)"/;
        my ($drawn, $none, $said) = ($result // '') =~ /^(\d+) drawn, (\d+) without a size; (.*)$/s;
        cmp_ok($drawn // 0, '>', 200, "$look->[0]: the charts are drawn");
        is($none, 0, "$look->[0]: every shape has a size");
        is($said, 'wider than the window: false', "$look->[0]: and lies within its chart, and the page within the window");
    }
    $browse->('empty', $empty, '--dump-dom');
}

$node->stop;
done_testing();
