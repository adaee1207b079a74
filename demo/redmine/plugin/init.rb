# A Redmine plugin, for those who want it: what the database refuses at commit is shown as
# Redmine shows what it refuses itself.  Put this file in plugins/msb_org_refusals/.

Redmine::Plugin.register :msb_org_refusals do
  name 'msb_org: refusals'
  description 'Shows the refusal of a wrong area as an error of the issue'
  version '1.0.0'
end

IssuesController.rescue_from ActiveRecord::StatementInvalid do |exception|
  result = exception.cause.is_a?(PG::CheckViolation) && exception.cause.result
  raise exception unless result && result.error_field(PG::Result::PG_DIAG_CONSTRAINT_NAME) == 'msb_org_area'

  message = [PG::Result::PG_DIAG_MESSAGE_PRIMARY, PG::Result::PG_DIAG_MESSAGE_DETAIL].map { |field| result.error_field(field) }.compact.join('. ')
  respond_to do |format|
    format.html { render_error(message: message, status: 422) }
    format.api { render_api_errors(message) }
  end
end
