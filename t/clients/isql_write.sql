INSERT INTO fag.klient VALUES (1, '7403980121', 'challenge homelessness; age 18-'), (2, NULL, NULL)
SELECT * FROM fag.klient
INSERT INTO fag.klient VALUES (3, '740398x0121', NULL)
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet) VALUES (401, '740398-0121', 'authority', 'homelessness', 'voksne', '2019-09-02')
BEGIN
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet) VALUES (402, '740398-0121', 'authority', 'homelessness', 'job', '2019-09-02')
COMMIT
INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, oprettet) VALUES (403, '740398-0121', 'authority', 'homelessness', '2019-09-02')
SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 400
