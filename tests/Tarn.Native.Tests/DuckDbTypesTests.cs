using System.Globalization;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class DuckDbTypesTests : DuckDbTestBase
{
    public static TheoryData<string, object?> Values => new()
    {
        { "true", true },
        { "(-128)::TINYINT", sbyte.MinValue },
        { "127::TINYINT", sbyte.MaxValue },
        { "(-32768)::SMALLINT", short.MinValue },
        { "(-2147483648)::INTEGER", int.MinValue },
        { "(-9223372036854775808)::BIGINT", long.MinValue },
        { "9223372036854775807::BIGINT", long.MaxValue },
        { "255::UTINYINT", byte.MaxValue },
        { "65535::USMALLINT", ushort.MaxValue },
        { "4294967295::UINTEGER", uint.MaxValue },
        { "18446744073709551615::UBIGINT", ulong.MaxValue },
        { "(-170141183460469231731687303715884105728)::HUGEINT", Int128.MinValue },
        { "170141183460469231731687303715884105727::HUGEINT", Int128.MaxValue },
        { "340282366920938463463374607431768211455::UHUGEINT", UInt128.MaxValue },
        { "'nan'::FLOAT", float.NaN },
        { "'-infinity'::DOUBLE", double.NegativeInfinity },
        { "1.7976931348623157e308::DOUBLE", double.MaxValue },
        { "4.9406564584124654e-324::DOUBLE", double.Epsilon },
        { "''", "" },
        { "'twelve bytes'", "twelve bytes" },
        { "'thirteen byte'", "thirteen byte" },
        { "'日本語テキスト🌋'", "日本語テキスト🌋" },
        { "chr(0) || 'x'", "\0x" },
        { "repeat('é', 100000)", new string('é', 100_000) },
        { "'\\x00\\xFF'::BLOB", new byte[] { 0, 255 } },
        { "''::BLOB", Array.Empty<byte>() },
        { "DATE '0001-01-01'", DateOnly.MinValue },
        { "DATE '9999-12-31'", DateOnly.MaxValue },
        { "TIME '24:00:00'", TimeOnly.MaxValue.Add(-TimeSpan.FromTicks(9)) },
        { "TIME '23:59:59.999999'", new TimeOnly(23, 59, 59, 999, 999) },
        { "TIMESTAMP '0001-01-01 00:00:00'", DateTime.MinValue },
        { "TIMESTAMP '9999-12-31 23:59:59.999999'", DateTime.MaxValue.AddTicks(-9) },
        { "TIMESTAMP_S '2026-01-02 03:04:05'", new DateTime(2026, 1, 2, 3, 4, 5) },
        { "TIMESTAMP_MS '1969-01-02 03:04:05.006'", new DateTime(1969, 1, 2, 3, 4, 5, 6) },
        { "TIMESTAMP_NS '1969-01-02 03:04:05.006007008'", new DateTime(1969, 1, 2, 3, 4, 5, 6, 7) },
        { "TIMESTAMPTZ '2026-01-02 03:04:05.000001+03'", new DateTimeOffset(2026, 1, 2, 0, 4, 5, 0, 1, TimeSpan.Zero) },
        { "INTERVAL '1 year 2 months 3 days 4.5 seconds'", "P1Y2M3DT4.5S" },
        { "INTERVAL 0 DAY", "PT0S" },
        { "'6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff") },
        { "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID", new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff") },
        { "'b'::ENUM('a', 'b')", "b" },
        { "NULL::INTEGER", null },
    };

    public static TheoryData<string, string> Decimals => new()
    {
        { "DECIMAL(4,2)", "-99.99" },
        { "DECIMAL(9,0)", "999999999" },
        { "DECIMAL(18,9)", "-123456789.123456789" },
        { "DECIMAL(28,4)", "-999999999999999999999999.9999" },
        { "DECIMAL(38,0)", "79228162514264337593543950335" },
        { "DECIMAL(38,37)", "1.5" },
        { "DECIMAL(38,38)", "-0.1" },
        { "DECIMAL(38,10)", "0" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_of_every_type_is_read_alone_and_among_nulls(string sql, object? value)
    {
        Assert.Equal(value, Connection.Scalar($"SELECT {sql}"));
        var column = Rows($"SELECT CASE WHEN range % 3 = 0 THEN NULL ELSE {sql} END FROM range(130)");
        Assert.All(column, (row, i) => Assert.Equal(i % 3 == 0 ? null : value, row[0]));
        Assert.Equal(new[] { value, null, value }, (object?[])Connection.Scalar($"SELECT [{sql}, NULL, {sql}]")!);
    }

    [Theory]
    [MemberData(nameof(Decimals))]
    public void Decimals_of_every_width_are_read(string type, string text) =>
        Assert.Equal(decimal.Parse(text, CultureInfo.InvariantCulture), Connection.Scalar($"SELECT '{text}'::{type}"));

    [Fact]
    public void A_value_that_NET_cannot_hold_is_an_error_that_says_so()
    {
        foreach (var sql in new[]
        {
            "'infinity'::TIMESTAMPTZ", "'-infinity'::DATE", "TIMESTAMP '294246-01-01 00:00:00'", "DATE '0001-01-01' - 1", "'infinity'::TIMESTAMP_NS",
        })
        {
            Assert.Equal(DuckDbErrorType.OutOfRange, Assert.Throws<DuckDbException>(() => Connection.Scalar($"SELECT {sql}")).Type);
        }

        // More digits than System.Decimal has are exact as what holds them, or as text.
        Assert.Equal("99999999999999999999999999999999999999", Convert.ToString(Connection.Scalar("SELECT 99999999999999999999999999999999999999::DECIMAL(38,0)"), CultureInfo.InvariantCulture));
        Assert.Contains("BIT", Assert.Throws<DuckDbException>(() => Connection.Scalar("SELECT '101'::BIT")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nested_values_are_read_as_trees()
    {
        var row = Assert.Single(Rows("""
            SELECT [[1, NULL], NULL, [], [2]] AS lists, {'a': 1, 'B': {'c': ['x', NULL]}, 'n': NULL} AS fields, MAP {'k1': [1], 'k2': NULL} AS map, [1.5, 2.5]::DOUBLE[2] AS array,
                   MAP {} AS empty, [{'p': MAP {1: {'q': 'deep'}}}] AS deep
            """));
        Assert.Equal(new object?[] { new object?[] { 1, null }, null, Array.Empty<object?>(), new object?[] { 2 } }, row[0]);
        var fields = Assert.IsType<Dictionary<string, object?>>(row[1]);
        Assert.Equal(1, fields["a"]);
        Assert.Equal(new object?[] { "x", null }, Assert.IsType<Dictionary<string, object?>>(fields["b"])["c"]);
        Assert.Null(fields["n"]);
        var map = Assert.IsType<KeyValuePair<object, object?>[]>(row[2]);
        Assert.Equal("k1", map[0].Key);
        Assert.Equal(new object?[] { 1 }, map[0].Value);
        Assert.Equal(new KeyValuePair<object, object?>("k2", null), map[1]);
        Assert.Equal(new object?[] { 1.5, 2.5 }, row[3]);
        Assert.Empty(Assert.IsType<KeyValuePair<object, object?>[]>(row[4]));
        Assert.NotNull(row[5]);
    }

    [Fact]
    public void Nested_values_over_many_chunks_keep_their_places()
    {
        var rows = Rows("SELECT range AS i, list_transform(generate_series(1, range % 5), x -> 'item ' || x || ' of ' || range) AS l, {'v': range, 'o': CASE WHEN range % 2 = 0 THEN range END} AS s FROM range(10000) WHERE range % 7 <> 0");
        Assert.All(rows, static row =>
        {
            var i = (long)row[0]!;
            Assert.Equal(Enumerable.Range(1, (int)(i % 5)).Select(x => (object?)$"item {x} of {i}").ToArray(), row[1]);
            var fields = (Dictionary<string, object?>)row[2]!;
            Assert.Equal(i, fields["v"]);
            Assert.Equal(i % 2 == 0 ? i : null, fields["o"]);
        });
    }

    [Fact]
    public void Types_tell_their_names()
    {
        using var result = Connection.Query("""
            SELECT 1::DECIMAL(10,3) AS d, [1] AS l, {'a b': 1, 'c': 'x'} AS s, MAP {'k': now()} AS m, '{}'::JSON AS j, 'a'::ENUM('a') AS e, [1]::INTEGER[1] AS a, TIME '00:00' AS t
            """);
        Assert.Equal(
            [
                "d DECIMAL(10,3)", "l INTEGER[]", "s STRUCT(a b INTEGER, c VARCHAR)", "m MAP(VARCHAR, TIMESTAMP WITH TIME ZONE)", "j JSON", "e ENUM", "a INTEGER[1]", "t TIME",
            ],
            result.Columns.Select(static c => $"{c.Name} {c.Type}"));
    }
}
