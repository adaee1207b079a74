-- How Redmine's issues are read: :call is attach, or remap with the :area that comes later.
-- Redmine keeps closed_on when an issue is opened again: what tells is the status.
-- An issue may be assigned to a group, so that assigned_to_id can hold the area.
SELECT msb_org.:call ('public.issues', key => 'id', citizen => 'author_id.login', birth => 'author_id.login',
         facets => '{"task": "tracker_id", "challenge": "category_id", "service": "fixed_version_id"}',
         opened => 'created_on', closed => 'status_id',
         closed_values => (SELECT array_agg(id::text) FROM public.issue_statuses WHERE is_closed),
         area => NULLIF(:'area', ''),
         area_values => CASE WHEN :'area' <> '' THEN (SELECT jsonb_object_agg(lower(lastname), id) FROM public.users WHERE type = 'Group') END,
         vocabulary => 'redmine');
