/*
 * person.h: ages, birthdays and the key of a citizen.  Days are days since 2000-01-01.
 */
#ifndef MSB_PERSON_H
#define MSB_PERSON_H

#include "postgres.h"

extern int32 msb_last_birth(int32 on_date, int years);
extern int	msb_age_on(int32 birth, int32 on_date);
extern int32 msb_birthday(int32 birth, int age);
extern const char *msb_citizen_of_value(const char *value, int len);
extern char *msb_citizen_key(const char *value);

#endif							/* MSB_PERSON_H */
