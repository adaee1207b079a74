# Redmine as its administrator sets it up, before the extension comes: trackers for the
# tasks, two projects with categories for the challenges, versions for the services,
# groups for the areas, and the citizens as users whose login is the CPR number.

Setting.issue_group_assignment = '1'
Setting.rest_api_enabled = '1'
Setting.cross_project_subtasks = 'system'
# no letters
Setting.notified_events = []

ADMIN = User.find_by!(login: 'admin')
ADMIN.update!(must_change_passwd: false, password: 'en lang adgangskode', password_confirmation: 'en lang adgangskode')
ADMIN.api_key
User.current = ADMIN

default = Tracker.first
TRACKERS = %w[Myndighed Indsats Ydelse Koordinering Andet].to_h do |name|
  tracker = Tracker.new(name: name, default_status: IssueStatus.first)
  tracker.save!
  tracker.copy_workflow_rules(default)
  [name, tracker]
end
OPEN, DOING = IssueStatus.where(is_closed: false).first(2)
CLOSED = IssueStatus.find_by!(is_closed: true)
PRIORITIES = IssuePriority.active.to_a

# The custom field that a site would have: its values lie in rows of another table.
KLE = IssueCustomField.create!(name: 'KLE-nr', field_format: 'string', is_for_all: true,
                               tracker_ids: TRACKERS.values.map(&:id), visible: true)

PROJECTS = %w[social job].to_h do |name|
  project = Project.new(name: name.capitalize, identifier: name, is_public: true)
  project.enabled_module_names = %w[issue_tracking]
  project.trackers = TRACKERS.values
  project.issue_custom_fields = [KLE]
  project.save!
  [name, project]
end

CATEGORIES = { 'social' => ['Hjemløshed', 'Handicap', 'Sindslidelse', 'Misbrug', 'Udsat barn', 'Andet'],
               'job' => %w[Ledighed Sygemelding Handicap Sindslidelse] }.to_h do |project, names|
  [project, names.to_h { |name| [name, IssueCategory.create!(project: PROJECTS[project], name: name)] }]
end

VERSIONS = ['Familieindsats', 'Rusmiddelbehandling', 'Efterværn', 'Jobindsats'].to_h do |name|
  [name, Version.create!(project: PROJECTS['social'], name: name, sharing: 'system')]
end

role = Role.givable.first
GROUPS = %w[Boern Unge Voksne Udsatte Job Sundhed Indgang Mso].to_h do |name|
  group = Group.create!(lastname: name)
  PROJECTS.each_value { |project| Member.create!(project: project, principal: group, roles: [role]) }
  [name.downcase, group]
end

def new_user(login, first, last)
  user = User.new(firstname: first, lastname: last, mail: "#{login}@example.net", language: 'en')
  user.login = login
  user.password = user.password_confirmation = 'en lang adgangskode'
  user.save!
  user
end

CASEWORKER = new_user('sagsbehandler', 'Sags', 'Behandler')
PROJECTS.each_value { |project| Member.create!(project: project, principal: CASEWORKER, roles: [role]) }

# Replacement numbers, 60 added to the day; by the year of birth.
CITIZENS = [1949, 1955, 1972, 1980, 1988, 1994, 1999, 2003, 2007, 2010, 2014, 2018].each_with_index.map do |year, i|
  login = format('%02d%02d%02d-%s%03d', 61 + i, 1 + i % 9, year % 100, year < 2000 ? '1' : '4', 100 + i)
  new_user(login, 'Borger', "Nummer #{i + 1}")
end
NOBODY = new_user('ikke-et-nummer', 'Uden', 'Nummer')
