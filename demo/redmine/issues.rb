# A day of Redmine's own work through its own models, in each mode of the extension; run
# by make check-redmine with "rails runner", as Redmine's database role.  What the
# database administrator does beside it goes through psql.
require_relative 'harness'
require_relative 'setup'

DAY = ENV.fetch('DAY')

# What was written to issues, counted from the statements that Redmine sends.
COUNT = Hash.new(0)
ActiveSupport::Notifications.subscribe('sql.active_record') do |*, event|
  COUNT[$1] += 1 if event[:sql] =~ /\A(INSERT INTO|UPDATE|DELETE FROM) "issues"/ && event[:exception].nil?
end

# A new issue as a form or the REST API makes one, for a citizen.
def build(citizen, tracker, project: 'social', category: nil, version: nil, parent: nil, assigned: nil)
  issue = Issue.new(author: citizen, project: PROJECTS[project], tracker: TRACKERS[tracker])
  issue.send(:safe_attributes=, {
    'subject' => "#{tracker} for #{citizen.name}", 'status_id' => OPEN.id.to_s, 'priority_id' => PRIORITIES.first.id.to_s,
    'category_id' => category && CATEGORIES[project].fetch(category).id.to_s,
    'fixed_version_id' => version && VERSIONS.fetch(version).id.to_s,
    'parent_issue_id' => parent && parent.id.to_s, 'assigned_to_id' => assigned && assigned.id.to_s,
    'custom_field_values' => { KLE.id.to_s => '27.36.04' }
  }.compact, ADMIN)
  issue
end

def open_issue(citizen, tracker, **rest)
  issue = build(citizen, tracker, **rest)
  issue.save!
  issue
end

# An edit with a journal, as the form makes it, of the issue as it stands or as it was read.
def edit(issue, notes: nil, read: Issue.find(issue.id), **attributes)
  issue = read
  issue.init_journal(ADMIN, notes)
  issue.send(:safe_attributes=, attributes.transform_keys(&:to_s).transform_values { |value| value.is_a?(Hash) ? value : value.to_s }, ADMIN)
  issue.save!
  issue
end

# Which unit the ledger names; nil: no open case, or one that cannot be judged.
def unit_of(issue)
  return unless $attached

  unit = sql("SELECT unit FROM msb_org.current_assignment WHERE case_key = '#{issue.id}'")
  unit.empty? ? nil : unit
end

def group_of(issue)
  assigned = Issue.find(issue.id).assigned_to
  assigned && assigned.lastname.downcase
end

# Where issues have an area, the column follows the ledger.
def lies_with(issue, unit)
  return true unless $attached

  unit_of(issue) == unit && (!$area || group_of(issue) == unit)
end

# Children and young people have areas of their own.
def expected(issue, adults)
  year = issue.author.login[4, 2].to_i
  age = Date.parse(DAY).year - year - (issue.author.login[7] == '4' ? 2000 : 1900)
  age < 15 ? 'boern' : age < 29 ? 'unge' : adults
end

# What is true after a refusal: the exception that came, as "Class cause constraint".
def refused
  yield
  nil
rescue ActiveRecord::StatementInvalid => e
  "#{e.class} #{e.cause.class} #{e.cause.result.error_field(PG::Result::PG_DIAG_SQLSTATE)} #{e.cause.result.error_field(PG::Result::PG_DIAG_CONSTRAINT_NAME)}"
end

REFUSAL = 'ActiveRecord::StatementInvalid PG::CheckViolation 23514 msb_org_area'

# Everything that Redmine does to an issue; the same in every mode.
def work(mode)
  section "#{mode}#{' with an area' if $area}: Redmine's work"
  citizens = CITIZENS.dup
  adult, woman, young, pensioner, child = [1980, 1972, 2003, 1949, 2018].map { |year| CITIZENS.find { |c| c.login[4, 2].to_i == year % 100 } }

  plain = nil
  check('issues are created, with a custom field') do
    list = citizens.flat_map { |citizen| [open_issue(citizen, 'Myndighed', category: 'Handicap'), open_issue(citizen, 'Ydelse', project: 'job', category: 'Ledighed')] }
    plain = list.first
    list.all? { |issue| issue.persisted? && issue.custom_field_value(KLE) == '27.36.04' }
  end
  check('one that is created lies with the right area') do
    lies_with(open_issue(adult, 'Indsats', category: 'Hjemløshed'), 'udsatte') && lies_with(open_issue(child, 'Myndighed', category: 'Udsat barn'), 'boern') &&
      lies_with(open_issue(young, 'Myndighed', category: 'Sindslidelse'), 'unge') && lies_with(open_issue(pensioner, 'Myndighed', category: 'Handicap'), 'mso')
  end
  check('subject, description, notes and a custom field are edited; the journal tells') do
    edit(plain, notes: 'set i dag', subject: 'Et andet emne', description: 'Mere')
    edit(plain, custom_field_values: { KLE.id.to_s => '27.42.00' })
    plain.reload.journals.count >= 2 && plain.subject == 'Et andet emne' && plain.custom_field_value(KLE) == '27.42.00'
  end
  check('another category, tracker or version moves it, in one save or several') do
    issue = open_issue(adult, 'Indsats', category: 'Hjemløshed')
    steps = [lies_with(issue, 'udsatte')]
    steps << lies_with(edit(issue, category_id: CATEGORIES['social']['Handicap'].id), 'voksne')
    steps << lies_with(edit(issue, fixed_version_id: VERSIONS['Rusmiddelbehandling'].id), 'sundhed')
    steps << lies_with(edit(issue, tracker_id: TRACKERS['Myndighed'].id, fixed_version_id: nil), 'voksne')
    steps << lies_with(edit(issue, category_id: nil), 'voksne')
    steps.all?
  end
  check('edited three times; an old copy is stale, as ever') do
    issue = open_issue(woman, 'Indsats', category: 'Handicap')
    old = Issue.find(issue.id)
    3.times { |i| edit(issue, subject: "gang #{i}", category_id: CATEGORIES['social'][%w[Misbrug Handicap][i % 2]].id) }
    stale = begin
      old.update!(subject: 'for sent')
      false
    rescue ActiveRecord::StaleObjectError
      true
    end
    stale && issue.reload.subject == 'gang 2' && lies_with(issue, 'udsatte')
  end
  check('closed, opened again and closed: the ledger follows the status, not closed_on') do
    issue = open_issue(woman, 'Myndighed', category: 'Handicap')
    closed = edit(issue, status_id: CLOSED.id).closed_on && unit_of(issue).nil?
    again = edit(issue, status_id: DOING.id).closed_on && lies_with(issue, 'voksne')
    edit(issue, status_id: CLOSED.id)
    closed && again && unit_of(issue).nil?
  end
  check("copied, with its custom values; the author of a copy is whoever makes it, unless that is said") do
    issue = open_issue(adult, 'Indsats', category: 'Misbrug')
    copy = Issue.find(issue.id).copy(author_id: adult.id, subject: 'kopi')
    copy.save!
    other = Issue.find(issue.id).copy(author_id: pensioner.id, tracker_id: TRACKERS['Myndighed'].id, assigned_to_id: nil)
    other.save!
    lies_with(copy, 'udsatte') && copy.custom_field_value(KLE) == '27.36.04' && lies_with(other, 'mso') && Issue.find(issue.id).copy.author == ADMIN
  end
  check('parents and children: derived priority, dates and progress; an area of its own for each') do
    parent = open_issue(adult, 'Koordinering', category: 'Sindslidelse')
    children = [open_issue(adult, 'Myndighed', category: 'Handicap', parent: parent), open_issue(adult, 'Ydelse', project: 'job', category: 'Ledighed', parent: parent)]
    grandchild = open_issue(adult, 'Indsats', category: 'Misbrug', version: 'Rusmiddelbehandling', parent: children.first)
    edit(grandchild, priority_id: PRIORITIES.last.id, due_date: Date.new(2027, 3, 1), done_ratio: 50)
    parent.reload
    derived = parent.priority_id == PRIORITIES.last.id && parent.due_date == Date.new(2027, 3, 1) && parent.done_ratio.positive?
    nested = parent.descendants.count == 3
    edit(children.last.reload, parent_issue_id: nil)
    derived && nested && parent.reload.descendants.count == 2 &&
      lies_with(parent, 'udsatte') && lies_with(children.first, 'voksne') && lies_with(children.last, 'sundhed') && lies_with(grandchild, 'sundhed')
  end
  check('moved to another project: the category of the same name there, or none, decides') do
    same = open_issue(adult, 'Myndighed', category: 'Handicap')
    none = open_issue(adult, 'Indsats', category: 'Hjemløshed')
    [same, none].each { |issue| edit(issue, project_id: PROJECTS['job'].id) }
    same.reload.category == CATEGORIES['job']['Handicap'] && lies_with(same, 'voksne') && none.reload.category.nil? && lies_with(none, 'voksne')
  end
  check('deleted, with its children') do
    parent = open_issue(woman, 'Koordinering', category: 'Sindslidelse')
    child = open_issue(woman, 'Indsats', category: 'Misbrug', parent: parent)
    parent.reload.destroy
    !Issue.exists?(child.id) && unit_of(parent).nil? && unit_of(child).nil?
  end
  check('nested transactions: what is rolled back to a savepoint leaves nothing, the rest stays') do
    kept = lost = outer = nil
    Issue.transaction do
      kept = open_issue(adult, 'Indsats', category: 'Misbrug')
      Issue.transaction(requires_new: true) do
        lost = open_issue(adult, 'Indsats', category: 'Misbrug')
        edit(kept, category_id: CATEGORIES['social']['Handicap'].id)
        raise ActiveRecord::Rollback
      end
      outer = open_issue(adult, 'Myndighed', category: 'Handicap')
    end
    Issue.transaction { open_issue(adult, 'Ydelse'); raise ActiveRecord::Rollback }
    lies_with(kept, 'udsatte') && unit_of(lost).nil? && !Issue.exists?(lost.id) && lies_with(outer, 'voksne')
  end
  check('many at once: saved one by one in one transaction, and by one UPDATE without the models') do
    list = citizens.first(6).map { |citizen| open_issue(citizen, 'Indsats', category: 'Misbrug') }
    Issue.transaction { list.each { |issue| edit(issue.reload, category_id: CATEGORIES['social']['Handicap'].id, priority_id: PRIORITIES.last.id) } }
    first = list.all? { |issue| lies_with(issue, expected(issue, 'voksne')) }
    Issue.where(id: list.map(&:id)).update_all(category_id: CATEGORIES['social']['Hjemløshed'].id)
    first && list.all? { |issue| lies_with(issue, expected(issue, 'udsatte')) }
  end
  check('a category is deleted and its issues go to another; a version is deleted') do
    category = IssueCategory.create!(project: PROJECTS['social'], name: "Midlertidig #{mode} #{$area}")
    sql("INSERT INTO msb_org.alias VALUES ('redmine', 'challenge', '#{category.id}', 'mental_illness')") if $attached
    issue = open_issue(adult, 'Indsats', category: 'Handicap')
    Issue.find(issue.id).update!(category: category)
    before = lies_with(issue, 'udsatte')
    category.reload.destroy(CATEGORIES['social']['Handicap'])
    before && issue.reload.category == CATEGORIES['social']['Handicap'] && lies_with(issue, 'voksne')
  end
  check('duplicates are closed with the issue that they duplicate') do
    first, second = Array.new(2) { open_issue(woman, 'Indsats', category: 'Misbrug') }
    IssueRelation.create!(issue_from: second, issue_to: first, relation_type: IssueRelation::TYPE_DUPLICATES)
    edit(first.reload, status_id: CLOSED.id)
    second.reload.closed? && unit_of(first).nil? && unit_of(second).nil?
  end
  check('four at a time, also for one citizen and below one parent') do
    parent = open_issue(young, 'Koordinering', category: 'Sindslidelse')
    made = Array.new(4) do |t|
      Thread.new do
        ActiveRecord::Base.connection_pool.with_connection do
          User.current = ADMIN
          Array.new(5) { |i| open_issue(i.even? ? young : adult, i.odd? ? 'Ydelse' : 'Indsats', category: 'Misbrug', parent: i.zero? ? parent : nil).id }
        end
      end
    end.flat_map(&:value)
    made.size == 20 && parent.reload.descendants.count == 4 && Issue.where(id: made).all? { |issue| lies_with(issue, issue.author == young ? 'unge' : unit_of(issue)) }
  end
  check('a citizen gets another login, and the ledger goes along') do
    moved = new_user("610188-1#{format('%03d', 500 + COUNT['rename'] += 1)}", 'Får', 'Nyt nummer')
    issue = open_issue(moved, 'Indsats', category: 'Misbrug')
    old = moved.login
    moved.login = "610188-1#{format('%03d', 600 + COUNT['rename'])}"
    moved.save!
    moved.login != old && (!$attached || sql("SELECT citizen FROM msb_org.current_assignment WHERE case_key = '#{issue.id}'") == moved.login)
  end
end

work 'without the extension'

section 'issues that stand when the extension comes'
CITIZENS.each { |citizen| open_issue(citizen, 'Myndighed', category: 'Handicap') }
CITIZENS.each { |citizen| open_issue(citizen, 'Indsats', category: 'Misbrug', assigned: CASEWORKER) }
open_issue(NOBODY, 'Indsats', category: 'Misbrug')
edit(Issue.first, status_id: CLOSED.id)
columns = sql("SELECT md5(string_agg(a.attname || atttypid || attnotnull, ',' ORDER BY attnum)) FROM pg_attribute a WHERE attrelid = 'issues'::regclass")
stand = sql('SELECT md5(string_agg(i::text, chr(10) ORDER BY id)) FROM issues i')

section 'observe'
admin('-f', 'demo/redmine/attach.sql')
admin('-f', 'demo/redmine/map.sql', call: 'attach', area: '')
$attached = true
sql("CALL msb_org.reassign('issues')")
check('attach and reassign change no row and no column of issues') do
  stand == sql('SELECT md5(string_agg(i::text, chr(10) ORDER BY id)) FROM issues i') &&
    columns == sql("SELECT md5(string_agg(a.attname || atttypid || attnotnull, ',' ORDER BY attnum)) FROM pg_attribute a WHERE attrelid = 'issues'::regclass")
end
check("Redmine's role may use nothing of the extension's") do
  sql("SELECT has_schema_privilege('redmine', 'msb_org', 'USAGE')") == 'f' &&
    sql("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace AND nspname = 'msb_org' WHERE relkind IN ('r', 'v') AND relname IN ('assignment', 'plan', 'alias') AND has_table_privilege('redmine', c.oid, 'SELECT')") == '0' &&
    refused { ActiveRecord::Base.connection.execute('SELECT * FROM msb_org.assignment') }.start_with?('ActiveRecord::StatementInvalid PG::InsufficientPrivilege 42501')
end
check_ledger 'observe'

# Without an area column nothing is written to issues; there is something to judge.
sql("SELECT msb_org.set_mode('issues', 'fill')")
work 'fill'
check('a tracker, category or author that nothing is known about: saved, and a violation') do
  odd = [open_issue(CITIZENS.first, 'Andet'), open_issue(CITIZENS.first, 'Indsats', category: 'Andet'), open_issue(NOBODY, 'Indsats')]
  sql("SELECT string_agg(finding, ' ' ORDER BY case_key::integer) FROM msb_org.violation WHERE case_key IN (#{odd.map { |issue| "'#{issue.id}'" }.join(', ')})") == 'unknown_label unknown_label no_cpr'
end
check('a citizen is deleted: Redmine gives the issues to its anonymous user, whose age nobody knows') do
  leaving = new_user('620190-1700', 'Skal', 'Slettes')
  issue = open_issue(leaving, 'Indsats', category: 'Handicap')
  before = unit_of(issue)
  leaving.destroy
  before == 'voksne' && issue.reload.author == User.anonymous && unit_of(issue) == 'indgang'
end
check_ledger 'fill'

# assigned_to_id as the area: first seen, then written.
admin('-f', 'demo/redmine/map.sql', call: 'remap', area: 'assigned_to_id')
$area = 'assigned_to_id'
section 'assigned_to_id becomes the area'
check('reassign writes it into the issues that stand, and they can still be saved') do
  sql("CALL msb_org.reassign('issues')")
  wrong = sql("SELECT count(*) FROM msb_org.violation WHERE finding = 'wrong_area'").to_i
  issue = Issue.joins(:status).where(issue_statuses: { is_closed: false }).where.not(assigned_to_id: nil).first
  wrong.zero? && edit(issue, subject: 'efter reassign').persisted?
end
check_ledger 'fill'
work 'fill'
check('a caseworker or another group in the place of the area: kept, a violation that names the right one') do
  issue = open_issue(CITIZENS[2], 'Myndighed', category: 'Handicap', assigned: CASEWORKER)
  other = open_issue(CITIZENS[2], 'Myndighed', category: 'Handicap', assigned: GROUPS['job'])
  [issue, other].map { |i| Issue.find(i.id).assigned_to } == [CASEWORKER, GROUPS['job']] &&
    sql("SELECT string_agg(expected, ' ') FROM msb_org.violation WHERE case_key IN ('#{issue.id}', '#{other.id}')") == 'voksne voksne'
end
check_ledger 'fill'

sql("SELECT msb_org.set_mode('issues', 'enforce')")
work 'enforce'
section 'enforce: what is refused'
WHOLE = 'SELECT md5(string_agg(i::text, chr(10) ORDER BY id)) || (SELECT count(*) FROM journals) || (SELECT count(*) FROM custom_values) || (SELECT md5(string_agg(a::text, chr(10) ORDER BY a::text)) FROM msb_org.assignment a) FROM issues i'

def refusal(what, expected = REFUSAL)
  before = sql(WHOLE)
  got = nil
  check("refused: #{what}") do
    (got = refused { yield }) == expected or raise "got #{got.inspect}"
  end
  check("... and all is as before") { sql(WHOLE) == before }
end

right = open_issue(CITIZENS[2], 'Myndighed', category: 'Handicap')
refusal('a new issue assigned to a group that is not responsible') { open_issue(CITIZENS[2], 'Myndighed', category: 'Handicap', assigned: GROUPS['job']) }
refusal('a new issue assigned to a person') { open_issue(CITIZENS[2], 'Myndighed', category: 'Handicap', assigned: CASEWORKER) }
refusal('an edit that assigns it elsewhere') { edit(Issue.find(right.id), notes: 'flyt', assigned_to_id: GROUPS['boern'].id) }
refusal('a category that is not known') { edit(Issue.find(right.id), category_id: CATEGORIES['social']['Andet'].id) }
refusal('a tracker that is not known') { open_issue(CITIZENS[2], 'Andet') }
refusal('an author without a CPR number') { open_issue(NOBODY, 'Indsats', category: 'Misbrug') }
refusal('a child, and the derived attributes of its parent with it') { open_issue(CITIZENS[2], 'Indsats', category: 'Misbrug', parent: right, assigned: GROUPS['mso']) }
refusal('a copy that is assigned elsewhere') { Issue.find(right.id).copy(assigned_to_id: GROUPS['unge'].id).save! }
refusal('one of ten in a transaction: all ten') { Issue.transaction { 9.times { open_issue(CITIZENS[2], 'Ydelse') }; open_issue(CITIZENS[2], 'Ydelse', assigned: GROUPS['job']) } }
refusal('one UPDATE without the models') { Issue.where(id: [right.id, right.id - 1]).update_all(assigned_to_id: GROUPS['boern'].id) }
CATEGORIES['social']['Sindslidelse'].update!(assigned_to: GROUPS['job'])
refusal("Redmine's own default assignee of a category, where it is not responsible") { open_issue(CITIZENS[2], 'Myndighed', category: 'Sindslidelse') }
CATEGORIES['social']['Sindslidelse'].update!(assigned_to: GROUPS['voksne'])
check('... and where it is, it is taken') { lies_with(open_issue(CITIZENS[2], 'Myndighed', category: 'Sindslidelse'), 'voksne') }
CATEGORIES['social']['Sindslidelse'].update!(assigned_to: nil)
check('wrong in between, right at the end of the transaction: saved') do
  Issue.transaction { edit(edit(Issue.find(right.id), assigned_to_id: GROUPS['job'].id), assigned_to_id: GROUPS['voksne'].id) }
  lies_with(right, 'voksne')
end
check('emptied or left out, the area is filled in again') do
  edit(Issue.find(right.id), assigned_to_id: nil)
  lies_with(right, 'voksne')
end
check("Redmine's own validations come first, as before") do
  issue = build(CITIZENS[2], 'Myndighed', assigned: GROUPS['job'])
  issue.subject = ''
  !issue.save && issue.errors[:subject].any?
end
check('an issue that stands elsewhere by an override can be assigned there') do
  sql("SELECT msb_org.override('issues', '#{right.id}', 'unge', 'går i skole', DATE '2027-06-30')")
  edit(Issue.find(right.id), subject: 'med undtagelse')
  lies_with(right, 'unge')
end
check('the session goes on after refusals') { open_issue(CITIZENS[2], 'Ydelse').persisted? }
check_ledger 'enforce'

puts "issues: #{COUNT['INSERT INTO']} INSERTs, #{COUNT['UPDATE']} UPDATEs, #{COUNT['DELETE FROM']} DELETEs sent by Redmine; " \
     "#{sql('SELECT count(*) FROM issues')} issues and #{sql('SELECT count(*) FROM journals')} journals stand, " \
     "#{sql('SELECT count(*) FROM msb_org.assignment')} rows in the ledger, #{sql('SELECT count(*) FROM msb_org.plan')} plans"
