using Xunit;

namespace Tarn.Native.Tests;

public sealed class DuckDbAppenderTests : DuckDbTestBase
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2048)]
    [InlineData(5000)]
    public void Rows_appended_by_chunk_are_in_the_table(int count)
    {
        Connection.Execute("CREATE TABLE t (id BIGINT, name VARCHAR, raw BLOB, price DECIMAL(20,2))");
        using (var appender = Connection.Append("t"))
        {
            Assert.Equal(["BIGINT", "VARCHAR", "BLOB", "DECIMAL(20,2)"], appender.Types.Select(static t => t.ToString()));
            for (var start = 0; start < count; start += DuckDbChunk.Capacity)
            {
                var rows = Math.Min(DuckDbChunk.Capacity, count - start);
                for (var i = 0; i < rows; i++)
                {
                    appender.Column(0).Values<long>()[i] = start + i;
                    if (Name(start + i) is { } name)
                    {
                        appender.Column(1).SetString(i, name);
                        appender.Column(2).SetBytes(i, System.Text.Encoding.UTF8.GetBytes(name));
                    }
                    else
                    {
                        appender.Column(1).SetNull(i);
                        appender.Column(2).SetNull(i);
                    }

                    DuckDbDecimals.Write(appender.Column(3), i, start + i - 0.5m);
                }

                appender.Append(rows);
            }

            appender.Flush();
        }

        var all = Rows("SELECT id, name, raw, price FROM t ORDER BY id");
        Assert.Equal(count, all.Count);
        Assert.All(all, static (row, i) =>
        {
            Assert.Equal([(long)i, Name(i), Name(i) is { } name ? System.Text.Encoding.UTF8.GetBytes(name) : null, i - 0.5m], row);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(3_000_000)]
    public void Texts_of_every_length_survive(int length)
    {
        Connection.Execute("CREATE TABLE t (a VARCHAR, b VARCHAR)");
        var ascii = new string('x', length);
        var wide = string.Concat(Enumerable.Repeat("é日🌋", length / 4));
        using (var appender = Connection.Append("t"))
        {
            appender.Column(0).SetString(0, ascii);
            appender.Column(1).SetString(0, wide);
            appender.Append(1);
            appender.Flush();
        }

        var row = Assert.Single(Rows("SELECT a, b FROM t"));
        Assert.Equal([ascii, wide], row);
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        Connection.Execute("CREATE TABLE t (a VARCHAR)");
        using var appender = Connection.Append("t");
        appender.Column(0).SetString(0, "a\uD83Cb");
        appender.Append(1);
        appender.Flush();
        Assert.Equal("a\uFFFDb", Connection.Scalar("SELECT a FROM t"));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_as_text()
    {
        Connection.Execute("CREATE TABLE t (a VARCHAR)");
        using var appender = Connection.Append("t");
        byte[] bad = [.. Enumerable.Repeat((byte)0xFF, 20)];
        var refused = false;
        try
        {
            appender.Column(0).SetBytes(0, bad);
            appender.Append(1);
            appender.Flush();
        }
        catch (DuckDbException)
        {
            refused = true;
        }

        Assert.True(refused || Connection.Scalar("SELECT a FROM t") is null or string);
    }

    [Fact]
    public void What_was_not_flushed_is_not_kept()
    {
        Connection.Execute("CREATE TABLE t (a BIGINT)");
        using (var appender = Connection.Append("t"))
        {
            appender.Column(0).Values<long>()[0] = 1;
            appender.Append(1);
        }

        Assert.Equal(0L, Connection.Scalar("SELECT count(*) FROM t"));
    }

    [Fact]
    public void A_broken_constraint_or_a_missing_table_is_an_error()
    {
        Assert.Contains("nowhere", Assert.Throws<DuckDbException>(() => Connection.Append("nowhere")).Message, StringComparison.Ordinal);
        Connection.Execute("CREATE TABLE t (a BIGINT PRIMARY KEY)");
        using (var appender = Connection.Append("t"))
        {
            appender.Column(0).Values<long>()[0] = 1;
            appender.Column(0).Values<long>()[1] = 1;
            var error = Assert.Throws<DuckDbException>(() =>
            {
                appender.Append(2);
                appender.Flush();
            });
            Assert.Equal(DuckDbErrorType.Constraint, error.Type);
            Assert.Throws<ArgumentOutOfRangeException>(() => appender.Append(2049));
        }

        Assert.Equal(0L, Connection.Scalar("SELECT count(*) FROM t"));
    }

    [Fact]
    public void A_decimal_that_does_not_fit_is_refused()
    {
        Connection.Execute("CREATE TABLE t (a DECIMAL(4,2), b DECIMAL(9,0), c DECIMAL(18,3), d DECIMAL(38,18))");
        using var appender = Connection.Append("t");
        Assert.Throws<DuckDbException>(() => DuckDbDecimals.Write(appender.Column(0), 0, 100m));
        Assert.Throws<DuckDbException>(() => DuckDbDecimals.Write(appender.Column(0), 0, 0.001m));
        Assert.Throws<DuckDbException>(() => DuckDbDecimals.Write(appender.Column(1), 0, 0.5m));
        Assert.Throws<DuckDbException>(() => DuckDbDecimals.Write(appender.Column(3), 0, decimal.MaxValue));
        DuckDbDecimals.Write(appender.Column(0), 0, -99.990m);
        DuckDbDecimals.Write(appender.Column(1), 0, 999999999m);
        DuckDbDecimals.Write(appender.Column(2), 0, 0.000m);
        DuckDbDecimals.Write(appender.Column(3), 0, 1e-18m);
        appender.Append(1);
        appender.Flush();
        Assert.Equal([-99.99m, 999999999m, 0m, 1e-18m], Assert.Single(Rows("SELECT * FROM t")));
    }

    private static string? Name(int i) => (i % 4) switch { 0 => null, 1 => "", 2 => "twelve bytes", _ => $"more than twelve bytes {i} é" };
}
