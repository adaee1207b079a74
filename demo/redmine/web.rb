# Redmine's own web server, asked over HTTP as other programs (REST) and people (forms) ask
# it, in enforce: first as it is, then with the plugin.  Run by make check-redmine after
# issues.rb, in the same database.
require_relative 'harness'
require 'socket'
require 'uri'

PORT = TCPServer.open('127.0.0.1', 0) { |server| server.addr[1] }
CITIZEN = sql("SELECT login FROM users WHERE login LIKE '____72-%'")
KEY = sql("SELECT value FROM tokens JOIN users u ON u.id = user_id WHERE action = 'api' AND login = 'admin'")
IDS = { tracker: "SELECT id FROM trackers WHERE name = 'Myndighed'", project: "SELECT id FROM projects WHERE identifier = 'social'",
        category: "SELECT c.id FROM issue_categories c JOIN projects p ON p.id = project_id AND identifier = 'social' WHERE c.name = 'Handicap'",
        job: "SELECT id FROM users WHERE type = 'Group' AND lastname = 'Job'" }
      .transform_values { |query| sql(query).to_i }
ISSUE = { project_id: IDS[:project], tracker_id: IDS[:tracker], category_id: IDS[:category], subject: 'over HTTP' }.freeze

def http(request)
  Net::HTTP.start('127.0.0.1', PORT, read_timeout: 120) { |connection| connection.request(request) }
end

# The author of an issue is whoever is signed in: an administrator's key may act for another.
def rest(verb, path, issue = nil, user: 'admin')
  request = Net::HTTP.const_get(verb).new("#{path}.json", 'X-Redmine-API-Key' => KEY, 'X-Redmine-Switch-User' => user, 'Content-Type' => 'application/json')
  request.body = JSON.generate(issue: issue) if issue
  http(request)
end

# A form as a browser sends it, signed in as the citizen.
def form(path, fields)
  page = http(Net::HTTP::Get.new(path, 'Cookie' => $cookie.to_s))
  $cookie = page['Set-Cookie'][/\A[^;]+/] if page['Set-Cookie']
  request = Net::HTTP::Post.new(path.delete_suffix('/new'), 'Cookie' => $cookie.to_s)
  request.set_form_data(fields.merge('authenticity_token' => page.body[/name="csrf-token" content="([^"]+)"/, 1]))
  answer = http(request)
  $cookie = answer['Set-Cookie'][/\A[^;]+/] if answer['Set-Cookie']
  answer
end

def with_server(what)
  section what
  pid = spawn(RbConfig.ruby, "#{ENV.fetch('REDMINE')}/bin/rails", 'server', '-u', 'webrick', '-b', '127.0.0.1', '-p', PORT.to_s, '-P', "#{Dir.pwd}/server.pid",
              out: 'log/server.log', err: 'log/server.log')
  600.times do
    break if begin
      TCPSocket.new('127.0.0.1', PORT).close
      true
    rescue Errno::ECONNREFUSED
      Process.wait(pid, Process::WNOHANG) && raise("the web server ended: #{File.read('log/server.log')}")
      sleep 0.2
      false
    end
  end
  $cookie = nil
  form('/login', 'username' => CITIZEN, 'password' => 'en lang adgangskode', 'back_url' => '')
  yield
ensure
  if pid
    Process.kill('TERM', pid)
    Process.wait(pid)
  end
end

def answers(what, status, answer, body = nil)
  check("#{what}: HTTP #{status}") do
    answer.code.to_i == status && (body.nil? || answer.body.include?(body)) or raise "HTTP #{answer.code} #{answer.body.to_s.gsub(/<[^>]*>/, ' ').split.join(' ')[0, 300]}"
  end
end

FORM = ISSUE.to_h { |name, value| ["issue[#{name}]", value.to_s] }
WRONG = 'is not responsible for case'

with_server 'over HTTP, Redmine as it is' do
  created = rest(:Post, '/issues', ISSUE, user: CITIZEN)
  answers 'POST an issue', 201, created
  path = "/issues/#{JSON.parse(created.body)['issue']['id']}"
  check('... and the area is there when it is read again') { JSON.parse(rest(:Get, path).body).dig('issue', 'assigned_to', 'name') == 'Voksne' }
  answers 'PUT a note', 204, rest(:Put, path, { notes: 'set' })
  answers "POST one that Redmine's own validation refuses", 422, rest(:Post, '/issues', ISSUE.merge(subject: ''), user: CITIZEN)
  before = sql('SELECT count(*), max(updated_on) FROM issues')
  answers 'POST one with a wrong area', 500, rest(:Post, '/issues', ISSUE.merge(assigned_to_id: IDS[:job]), user: CITIZEN)
  answers 'PUT a wrong area', 500, rest(:Put, path, { assigned_to_id: IDS[:job] })
  answers 'the form with a wrong area', 500, form('/issues/new', FORM.merge('issue[assigned_to_id]' => IDS[:job].to_s))
  check('... and nothing was written') { sql('SELECT count(*), max(updated_on) FROM issues') == before }
  answers 'the form without an area', 302, form('/issues/new', FORM)
  answers 'POST one that a caseworker is the author of', 500, rest(:Post, '/issues', ISSUE)
  answers 'DELETE', 204, rest(:Delete, path)
end

FileUtils.mkdir_p("#{ENV.fetch('REDMINE')}/plugins/msb_org_refusals")
FileUtils.cp('demo/redmine/plugin/init.rb', "#{ENV.fetch('REDMINE')}/plugins/msb_org_refusals/")
with_server 'over HTTP, with the plugin' do
  before = sql('SELECT count(*), max(updated_on) FROM issues')
  refused = rest(:Post, '/issues', ISSUE.merge(assigned_to_id: IDS[:job]), user: CITIZEN)
  answers 'POST one with a wrong area', 422, refused, WRONG
  puts "#{refused.code} #{refused.body}"
  answers 'the form with a wrong area', 422, form('/issues/new', FORM.merge('issue[assigned_to_id]' => IDS[:job].to_s)), WRONG
  check('... and nothing was written') { sql('SELECT count(*), max(updated_on) FROM issues') == before }
  answers 'POST one without an area', 201, rest(:Post, '/issues', ISSUE, user: CITIZEN)
end
DAY = ENV.fetch('DAY')
$area = 'assigned_to_id'
check_ledger 'enforce, over HTTP'
