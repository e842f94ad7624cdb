using Xunit;

namespace Tarn.Native.Tests;

public sealed class DuckDbSmokeTests
{
    [Fact]
    public void The_library_is_found_beside_the_program_and_of_the_right_version()
    {
        var status = Assert.Single(NativeLibraries.Check());
        Assert.True(status.IsUsable, status.Problem);
        Assert.StartsWith("v1.5.", status.Version, StringComparison.Ordinal);
        Assert.StartsWith(AppContext.BaseDirectory, status.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_appended_by_chunk_are_read_back_by_a_prepared_statement()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        connection.Execute("CREATE TABLE t (id BIGINT, name VARCHAR)");
        using (var appender = connection.Append("t"))
        {
            var ids = appender.Column(0).Values<long>();
            var names = appender.Column(1);
            for (var i = 0; i < 100; i++)
            {
                ids[i] = i;
                names.SetString(i, i % 3 == 0 ? "short" : "a text of more than twelve bytes");
            }

            names.SetNull(7);
            appender.Append(100);
            appender.Flush();
        }

        using var statement = connection.Prepare("SELECT count(*), count(name) FROM t WHERE name IN (SELECT unnest($1)) OR name IS NULL");
        using var result = statement.Bind(1, new[] { "short", "a text of more than twelve bytes" }).Query();
        using var chunk = result.Fetch()!;
        Assert.Equal(100L, chunk.Column(0).GetValue(0));
        Assert.Equal(99L, chunk.Column(1).GetValue(0));
        Assert.Null(result.Fetch());
    }
}
