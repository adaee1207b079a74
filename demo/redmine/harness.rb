# What both scripts use: checks that are counted, and psql as the database administrator.
require 'open3'
require 'fileutils'
require 'net/http'
require 'json'

$stdout.sync = true

def check(what)
  problem = begin
    yield ? nil : 'not so'
  rescue StandardError => e
    "#{e.class}: #{e.message.lines.first.to_s.chomp} (#{e.backtrace.grep(/demo|\.rb/).first})"
  end
  puts problem ? "not ok - #{what}: #{problem}" : "ok - #{what}"
end

def section(title)
  puts "== #{title}"
end

# Runs psql scripts or a command as the administrator; the rows, unaligned.
def admin(*arguments, **variables)
  out, err, status = Open3.capture3('psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-d', 'redmine',
                                    *variables.flat_map { |name, value| ['-v', "#{name}=#{value}"] }, *arguments)
  raise "psql: #{err}" unless status.success?

  out.chomp
end

def sql(command)
  admin('-c', command)
end

# The ledger beside a plain query over Redmine's tables.
def check_ledger(mode)
  open, recheck, different = admin('-f', 'demo/plain_rules.sql', '-f', 'demo/redmine/check_ledger.sql', area: $area.to_s, day: DAY).split('|')
  check("#{mode}: the ledger is what a plain query over #{open} open issues says") { different.nil? or raise different }
  check("#{mode}: recheck() finds nothing") { recheck == '0' }
end
