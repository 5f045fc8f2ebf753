"""Records what DataFusion answers for one call of each function.

Run with the Python package `datafusion` 55.0.0; writes functions.tsv beside FunctionOracleTest's resources:
expression, tab, the answer as text (ERR where DataFusion refuses it)."""
import pathlib
import datafusion

ctx = datafusion.SessionContext()
CASES = """
abs(-3)|abs(-2.5)|acos(0.5)|acosh(2)|asin(0.5)|asinh(1.5)|atan(0.5)|atanh(0.5)|atan2(1, 2)|cbrt(27)|ceil(1.2)|cos(1)|cosh(1)|cot(1)
degrees(1)|exp(1)|factorial(5)|factorial(21)|floor(-1.2)|gcd(12, 18)|gcd(0, 5)|isnan(1.5)|iszero(0.0)|lcm(4, 6)|ln(2)|log(100)|log(2, 8)
log10(1000)|log2(8)|nanvl(1.5, 2.5)|pi()|power(2, 10)|pow(2.0, 0.5)|radians(180)|round(2.5)|round(-2.5)|round(1.2345, 2)|round(125.0, -1)
signum(-3.5)|sin(1)|sinh(1)|sqrt(2)|tan(1)|tanh(1)|trunc(2.789)|trunc(-2.789, 1)|to_hex(255)
ascii('x')|ascii('Été')|ascii('')|bit_length('jörg')|btrim('  a b ')|btrim('xxaxx', 'x')|ltrim('  a ')|ltrim('xxa', 'x')|rtrim(' a  ')|rtrim('axx', 'x')
trim('  a ')|trim(BOTH 'x' FROM 'xxaxx')|trim(LEADING 'x' FROM 'xxaxx')|trim(TRAILING 'x' FROM 'xxaxx')|char_length('jörg')|character_length('漢字')
chr(65)|chr(28450)|concat('a', 'b', NULL, 'c')|concat_ws('-', 'a', NULL, 'b')|contains('abc', 'b')|ends_with('abc', 'bc')|find_in_set('b', 'a,b,c')
find_in_set('z', 'a,b,c')|initcap('hello wORLD-x')|instr('abcb', 'b')|left('abcde', 2)|left('abcde', -2)|length('jörg')|levenshtein('kitten', 'sitting')
lower('ABC')|lpad('hi', 5)|lpad('hi', 5, 'xy')|lpad('hello', 3)|octet_length('jörg')|overlay('Txxxxas' PLACING 'hom' FROM 2 FOR 4)
position('b' IN 'abc')|repeat('ab', 3)|replace('abab', 'a', 'x')|reverse('abc')|right('abcde', 2)|right('abcde', -2)|rpad('hi', 5)|rpad('hi', 5, 'xy')
split_part('a.b.c', '.', 2)|split_part('a.b.c', '.', -1)|split_part('a.b.c', '.', 9)|split_part('a', '.', 0)|starts_with('abc', 'ab')|strpos('abc', 'c')
strpos('abc', 'z')|substr('alphabet', 3)|substr('alphabet', 3, 2)|substr('alphabet', -2, 5)|substr('alphabet', 0)|substring('alphabet' FROM 2 FOR 3)|substr('alphabet', 3, -1)
substr_index('www.apache.org', '.', 1)|substr_index('www.apache.org', '.', -1)|substr_index('www.apache.org', '.', 2)|translate('twice', 'wic', 'her')|translate('twice', 'wic', 'h')|upper('abc')
encode('abc', 'hex')|encode('abc', 'base64')|md5('abc')
regexp_like('aXb', 'x')|regexp_like('aXb', 'x', 'i')|regexp_match('foobarbequebaz', '(bar)(beque)')|regexp_match('abc', 'b.')|regexp_match('abc', 'z')
regexp_replace('foobarbaz', 'b(..)', 'X${1}Y', 'g')|regexp_replace('foobarbaz', 'b..', 'X')|regexp_count('abcabc', 'ab')|regexp_count('abcabc', 'AB', 2, 'i')|regexp_instr('abcabc', 'c')
'abc' ~ 'b'|'abc' ~ 'B'|'abc' ~* 'B'|'abc' !~ 'b'|'abc' !~* 'B'|'jörg1' ~ '^\\w+\\d$'
'abc' SIMILAR TO 'a(b|x)c'|'abc' ILIKE 'A%'|'abc' NOT ILIKE 'A%'
coalesce(NULL, 2, 3)|nullif(1, 1)|nullif(1, 2)|nvl(NULL, 5)|nvl2(NULL, 1, 2)|nvl2(3, 1, 2)|ifnull(NULL, 'x')|greatest(1, NULL, 3)|greatest('a', 'b')|least(1.5, 2, NULL)
CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END|CASE 3 WHEN 1 THEN 'x' WHEN 3 THEN 'y' END|CASE WHEN false THEN 1 END
make_array(1, 2, 3)|[1, 2, 3]|array_append([1, 2], 3)|array_prepend(0, [1, 2])|array_concat([1, 2], [3], [4, 5])|array_has([1, 2], 2)|array_has([1, 2], 3)
array_has_all([1, 2, 3], [1, 3])|array_has_all([1, 2], [1, 4])|array_has_any([1, 2], [2, 9])|array_has_any([1, 2], [8, 9])|array_length([1, 2, 3])|cardinality([1, 2, 3])
array_element([1, 2, 3], 2)|array_element([1, 2, 3], -1)|array_element([1, 2, 3], 9)|[1, 2, 3][2]|array_slice([1, 2, 3, 4, 5], 2, 4)|array_slice([1, 2, 3, 4, 5], -3, -2)|[1, 2, 3, 4][2:3]
array_position([1, 2, 2], 2)|array_position([1, 2], 5)|array_position([1, 2, 2], 2, 3)|array_positions([1, 2, 2], 2)|array_distinct([3, 3, 1])|empty([1])|array_ndims([[1], [2]])|array_dims([[1, 2], [3, 4]])
array_pop_back([1, 2, 3])|array_pop_front([1, 2, 3])|array_reverse([1, 2, 3])|array_sort([3, 1, 2])|array_sort([3, NULL, 2], 'DESC', 'NULLS LAST')|array_max([1, 3, 2])|array_min([3, 1, 2])
array_any_value([NULL, 2, 3])|array_intersect([1, 2, 3], [2, 3, 4])|array_except([1, 2, 3], [2])|array_union([1, 2], [2, 3])
array_remove([1, 2, 2, 3], 2)|array_remove_n([1, 2, 2, 2], 2, 2)|array_remove_all([1, 2, 2, 3], 2)|array_replace([1, 2, 2], 2, 9)|array_replace_n([1, 2, 2, 2], 2, 9, 2)|array_replace_all([1, 2, 2], 2, 9)
array_repeat(7, 3)|array_resize([1, 2], 4, 0)|array_resize([1, 2, 3], 2)|array_to_string([1, 2, 3], '-')|array_to_string(['a', NULL, 'b'], ',', '*')|string_to_array('a,b,c', ',')|string_to_array('a,b,c', ',', 'b')
range(3)|range(1, 6, 2)|generate_series(1, 3)|array_distance([1.0, 2.0], [1.0, 4.0])|flatten([[1, 2], [3]])
date_part('year', timestamp '2024-03-15T12:34:56.789')|date_part('quarter', date '2024-08-15')|date_part('month', date '2024-03-15')|date_part('week', date '2024-01-01')|date_part('day', date '2024-03-15')
date_part('hour', timestamp '2024-03-15T12:34:56')|date_part('minute', timestamp '2024-03-15T12:34:56')|date_part('second', timestamp '2024-03-15T12:34:56.789')|date_part('millisecond', timestamp '2024-03-15T12:34:56.789')
date_part('microsecond', timestamp '2024-03-15T12:34:56.789')|date_part('dow', date '2024-03-17')|date_part('doy', date '2024-03-15')|date_part('epoch', timestamp '2024-03-15T12:34:56.5')|date_part('isodow', date '2024-03-17')|extract(year FROM date '2024-03-15')
date_part('dow', date '2024-03-15')|date_part('isodow', date '2024-03-15')
date_trunc('month', timestamp '2024-03-15T12:34:56')|date_trunc('quarter', timestamp '2024-08-15T12:34:56')|date_trunc('week', timestamp '2024-03-15T12:34:56')|date_trunc('hour', timestamp '2024-03-15T12:34:56')|date_trunc('year', date '2024-03-15')
date_bin(interval '15 minutes', timestamp '2024-03-15T12:34:56')|to_timestamp('2024-03-15T12:34:56')|to_timestamp(1710506096)|to_timestamp_seconds(1710506096)|to_timestamp_millis(1710506096789)|to_timestamp_micros(1710506096789000)|to_timestamp_nanos(1710506096789000000)
from_unixtime(1710506096)|to_date('2024-03-15')|to_unixtime('2024-03-15T12:34:56')|make_date(2024, 3, 15)|make_date(2024, 2, 30)|make_time(12, 34, 56)|to_char(timestamp '2024-03-15T12:34:56', '%Y/%m/%d %H:%M:%S')|to_char(date '2024-03-05', '%d %b %Y')
date '2024-01-31' + interval '1 month'|date '2024-03-31' - interval '1 month'|timestamp '2024-03-15T12:00:00' + interval '1 day 2 hours'|timestamp '2024-03-15T12:00:00' - interval '90 minutes'|date '2024-03-15' > date '2024-03-01' + interval '1 week'
arrow_typeof(1)|arrow_typeof('a')|arrow_typeof(1.5)|arrow_typeof(true)|arrow_cast(1.9, 'Int32')|arrow_typeof(arrow_cast(1, 'Int8'))|arrow_cast('12', 'Int64')|arrow_typeof(arrow_cast(1, 'Decimal128(10, 2)'))
get_field(named_struct('a', 1, 'b', 'x'), 'b')|named_struct('a', 1)['a']|'12'::int + 1|1 IS DISTINCT FROM NULL|NULL IS NOT DISTINCT FROM NULL|X'4142' = X'4142'|5 % 3|7 / 2|-7 / 2|'a' || 'b' || 'c'|1 = 1.0|2 BETWEEN 1 AND 3
map(['a', 'b'], [1, 2])|map('a', 1)|map(['a', 'b'], [1, NULL])|map(['a', 'a'], [1, 2])|map(['a'], [1, 2])|map(['a', NULL], [1, 2])|map([1, 2], ['x', 'y'])[2]
map_keys(map(['a', 'b'], [1, 2]))|map_values(map(['a', 'b'], [1, 2]))|map_entries(map(['a', 'b'], [1, 2]))|map_extract(map(['a', 'b'], [1, 2]), 'b')|map_extract(map(['a'], [1]), 'z')
cardinality(map(['a', 'b'], [1, 2]))|arrays_zip([1, 2], ['a', 'b'])|arrays_zip([1, 2, 3], ['a'])|arrays_zip([1], [2], [3])|arrays_zip([1], NULL)
decode('616263', 'hex')|decode('YWJj', 'base64')|sha224('abc')|sha256('abc')|sha384('abc')|sha512('abc')|digest('abc', 'md5')|digest('abc', 'sha512')
"""

# DataFusion has these as operators, or with another result: ours, then how it is asked.
OTHERWISE = {
    "bit_and(6, 3)": "6 & 3", "bit_or(6, 3)": "6 | 3", "bit_xor(6, 3)": "(6 | 3) - (6 & 3)", "shift_left(1, 4)": "1 << 4", "shift_left(-3, 2)": "-3 << 2",
    "shift_right(16, 2)": "16 >> 2", "shift_right(-16, 2)": "-16 >> 2", "similar_to('abc', 'a(b|x)c')": "'abc' SIMILAR TO 'a(b|x)c'",
    "similar_to('abcd', 'a(b|x)c')": "'abcd' SIMILAR TO '^a(b|x)c$'",
    "arrow_typeof(current_date())": "arrow_typeof(current_date())", "arrow_typeof(current_time())": "arrow_typeof(current_time())",
    "now() = now()": "now() = now()", "current_date() = now()::date": "current_date() = now()::date",
    "length(uuid())": "length(uuid())", "uuid() = uuid()": "uuid() = uuid()", "random() < 1 AND random() >= 0": "random() < 1 AND random() >= 0",
}


def shown(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "nan" if value != value else format(__import__("decimal").Decimal(f"{value:.9g}").normalize(), "f")
    if isinstance(value, dict) or isinstance(value, list) and value and all(isinstance(e, tuple) for e in value):
        return "{" + ", ".join(f"{k}={shown(v)}" for k, v in (value.items() if isinstance(value, dict) else value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, bytes):
        return value.hex()
    text = str(value).replace(" ", "T", 1) if hasattr(value, "isoformat") and " " in str(value) else str(value)
    text = text.rstrip("0") if "." in text and "T" in text else text
    return text.removesuffix("T00:00:00") if text.endswith("T00:00:00") else text


SPLIT = [c for line in CASES.strip().splitlines() for c in __import__("re").split(r"(?<!\|)\|(?!\||x\))", line.strip())]
out = pathlib.Path(__file__).parent.parent / "resources/io/lancelot/expr/functions.tsv"
rows = []
for case, asked in [(case, case) for case in SPLIT] + list(OTHERWISE.items()):
    try:
        value = ctx.sql(f"SELECT {asked} AS v").to_arrow_table().column(0)[0].as_py()
        rows.append(f"{case}\t{shown(value)}")
    except BaseException:
        rows.append(f"{case}\tERR")
out.write_text("\n".join(rows) + "\n")
