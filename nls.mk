# nls.mk: what PGXS is told of the message catalogues (po/).

CATALOG_NAME    = msb_org
# 15 takes the list from here, later versions take it from po/LINGUAS
AVAIL_LANGUAGES = $(shell cat $(srcdir)/po/LINGUAS)

# Messages stand in the C sources, and in those of the SQL objects, as arguments of
# msb_org.gettext() and msb_org.ngettext(): xgettext reads what sql_messages.pl makes of these.
GETTEXT_FILES    = $(OBJS:.o=.c) $(OUR_HEADERS) po/sql_messages.c
GETTEXT_TRIGGERS = $(BACKEND_COMMON_GETTEXT_TRIGGERS) \
	GUC_check_errmsg GUC_check_errdetail GUC_check_errhint \
	gettext_noop gettext ngettext:1,2 dngettext:2,3 MSB_MESSAGE \
	msb_document_error msb_report_row:4 fail:2 fail_whole:2 read_name:2
GETTEXT_FLAGS    = $(BACKEND_COMMON_GETTEXT_FLAGS) \
	GUC_check_errmsg:1:c-format GUC_check_errdetail:1:c-format GUC_check_errhint:1:c-format \
	gettext:1:c-format ngettext:1:c-format ngettext:2:c-format \
	msb_document_error:1:c-format msb_report_row:4:c-format

po/sql_messages.c: tools/sql_messages.pl $(SQL_PARTS)
	perl $^ >$@.tmp && mv $@.tmp $@
