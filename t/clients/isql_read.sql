SELECT unit, title, open_cases, staff FROM msb_org.load_by_area('msb-2019', {d '2019-08-01'}, {d '2019-09-02'}) WHERE unit IN ('unge', 'voksne')
SELECT month, to_title, moves FROM msb_org.moves_by_month()
SELECT msb_org.area_of('740398-0121'::msb_org.cpr, 'authority', 'homelessness', NULL)
SELECT unit, rule FROM msb_org.decide('age 21; task authority; challenge homelessness')
SELECT rule, wins FROM msb_org.explain_area('age 21; task authority; challenge homelessness') WHERE matches
