using Xunit;

namespace Tarn.Native.Tests;

public sealed class DuckDbStatementTests : DuckDbTestBase
{
    [Theory]
    [InlineData("SELEC 1", nameof(DuckDbErrorType.Parser))]
    [InlineData("SELECT * FROM nowhere", nameof(DuckDbErrorType.Catalog))]
    [InlineData("SELECT nothing", nameof(DuckDbErrorType.Binder))]
    [InlineData("SELECT 'x'::INTEGER", nameof(DuckDbErrorType.Conversion))]
    [InlineData("SELECT * FROM read_parquet('/nowhere/at.all')", nameof(DuckDbErrorType.Io))]
    [InlineData("SELECT 1\0", nameof(DuckDbErrorType.Parser))]
    public void Wrong_SQL_is_an_error_with_its_type_and_text_whichever_way_it_is_run(string sql, string typeName)
    {
        var type = Enum.Parse<DuckDbErrorType>(typeName);
        Assert.Equal(type, Assert.Throws<DuckDbException>(() => Connection.Execute(sql)).Type);
        Assert.Equal(type, Assert.Throws<DuckDbException>(() => Rows(sql)).Type);
        var error = Assert.Throws<DuckDbException>(() =>
        {
            using var statement = Connection.Prepare(sql);
            using var result = statement.Stream();
            Rows(result);
        });
        Assert.Equal(type, error.Type);
        Assert.NotEmpty(error.Message);
        Assert.Equal(1, Connection.Scalar("SELECT 1"));
    }

    [Fact]
    public void An_error_in_the_midst_of_a_stream_is_an_error_and_no_end()
    {
        using var statement = Connection.Prepare("SELECT CASE WHEN range = 5000000 THEN error('late') ELSE range END FROM range(10000000)");
        using var result = statement.Stream();
        var error = Assert.Throws<DuckDbException>(() =>
        {
            while (result.Fetch() is { } chunk)
            {
                chunk.Dispose();
            }
        });
        Assert.Contains("late", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, Connection.Scalar("SELECT 1"));
    }

    [Fact]
    public void Statements_are_split_without_being_run()
    {
        using var statements = Connection.Extract("CREATE TABLE t (x INT); INSERT INTO t VALUES (1), (2); SELECT * FROM range(3)");
        Assert.Equal(3, statements.Count);
        Assert.Throws<DuckDbException>(() => Connection.Scalar("SELECT * FROM t"));
        using (var create = statements.Prepare(0))
        {
            Assert.Equal(DuckDbStatementType.Create, create.Type);
            create.Execute();
        }

        using (var insert = statements.Prepare(1))
        {
            Assert.Equal(DuckDbStatementType.Insert, insert.Type);
            Assert.Equal(2, insert.Execute());
        }

        using var select = statements.Prepare(2);
        Assert.Equal(DuckDbStatementType.Select, select.Type);
        Assert.Throws<ArgumentOutOfRangeException>(() => statements.Prepare(3));
        statements.Dispose();
        Assert.Throws<ObjectDisposedException>(() => statements.Prepare(0));
        Assert.Equal(3, select.Query().Fetch()!.Count);
        Assert.Equal(DuckDbErrorType.Parser, Assert.Throws<DuckDbException>(() => Connection.Extract("SELECT 1; SELEC")).Type);
        using var none = Connection.Extract(" -- nothing");
        Assert.Equal(0, none.Count);
    }

    [Fact]
    public void Parameters_of_every_type_arrive_as_they_are()
    {
        object?[] values =
        [
            true, (sbyte)-5, (short)-500, 7, long.MinValue, uint.MaxValue, 1.5f, double.NaN, double.NegativeInfinity, 1234567890.123456789m, -0.01m, decimal.MaxValue, "", "日本 'x' \"y\"", new string('é', 100_000),
            Array.Empty<byte>(), new byte[] { 0, 255, 0 }, DateOnly.MinValue, DateOnly.MaxValue, new DateOnly(1969, 12, 31), new DateTimeOffset(1969, 12, 31, 23, 59, 59, 999, TimeSpan.FromHours(2)),
            DateTimeOffset.MinValue, new DateTime(2026, 2, 3, 4, 5, 6), null,
        ];
        using var statement = Connection.Prepare("SELECT $1");
        Assert.Equal(1, statement.ParameterCount);
        foreach (var value in values)
        {
            statement.ClearBindings();
            using var result = statement.Bind(1, value).Query();
            var back = Assert.Single(Assert.Single(Rows(result)));
            Assert.Equal(value switch { sbyte v => (int)v, short v => (int)v, uint v => (long)v, _ => value }, back);
        }
    }

    [Fact]
    public void Lists_are_parameters()
    {
        Connection.Execute("CREATE TABLE k AS SELECT 'key' || range AS id, range AS n FROM range(5000)");
        using var statement = Connection.Prepare("SELECT count(*) FROM k WHERE id IN (SELECT unnest($ids))");
        Assert.Equal(1, statement.ParameterIndex("ids"));
        Assert.Equal(0, statement.ParameterIndex("nothing"));
        Assert.Equal("ids", statement.ParameterName(1));
        Assert.Equal(3000L, Rows(statement.Bind(1, Enumerable.Range(0, 3000).Select(static i => "key" + i).ToArray()).Query())[0][0]);
        Assert.Equal(0L, Rows(statement.Bind(1, Array.Empty<string>()).Query())[0][0]);
        Assert.Equal(1L, Rows(statement.Bind(1, new[] { null, "", "key7" }).Query())[0][0]);
        using var longs = Connection.Prepare("SELECT list_sum($1)");
        Assert.Equal((Int128)6, Rows(longs.Bind(1, new long[] { 1, 2, 3 }).Query())[0][0]);
    }

    [Fact]
    public void A_wrong_parameter_is_refused()
    {
        using var statement = Connection.Prepare("SELECT $1::INTEGER");
        Assert.Throws<DuckDbException>(() => statement.Bind(2, 1));
        Assert.Throws<DuckDbException>(() => statement.Bind(0, 1));
        Assert.Throws<DuckDbException>(() => statement.Bind(1, new Uri("http://x/")));
        Assert.Throws<DuckDbException>(() => statement.Query());
        Assert.Equal(3, Rows(statement.Bind(1, 3).Query())[0][0]);
    }

    [Fact]
    public void A_wrong_setting_or_file_is_refused()
    {
        Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(null, new Dictionary<string, string> { ["no_such_setting"] = "1" }));
        Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open("/nowhere/at/all.db"));
        var file = Path.GetTempFileName();
        File.WriteAllText(file, new string('x', 10_000));
        Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(file));
        File.Delete(file);
    }
}
