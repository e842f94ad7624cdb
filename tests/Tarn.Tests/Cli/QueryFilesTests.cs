using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>Queries that name files and tables by where they are: answered by the command line's own process, refused by servers.</summary>
public sealed class QueryFilesTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private string Data => _folder.Combine("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task They_need_no_server_and_no_data_directory()
    {
        var table = Table();
        File.WriteAllText(_folder.Combine("a.csv"), "id,name\n1,one\n3,three\n");
        Assert.Equal("""[{"id":1,"n":1,"when":"2026-11-22T01:02:03.000Z"},{"id":2,"n":2,"when":null}]""", await JsonAsync(0, $"select * from delta_scan('{table}') order by id"));
        Assert.Equal("""[{"id":1,"name":"one"}]""", await JsonAsync(0, $"select t.id, c.name from delta_scan('{table}') t join read_csv('{_folder.Combine("a.csv")}') c using (id)"));
        Assert.Equal("""[{"id":1}]""", await JsonAsync(0, $"select id from delta_scan('{table}')", "--as-of", "1"));
        Assert.Equal("""[{"id":2}]""", await JsonAsync(0, $"select id from delta_scan('{table}') where id > $least", "--param", "least=1"));
        Assert.Equal("[]", await JsonAsync(0, $"select id from delta_scan('{table}', version => 0)"));
        Assert.Equal("""[{"version":2},{"version":1},{"version":0}]""", await JsonAsync(0, $"select version from table_history('{table}')"));
        Assert.Equal("""[{"id":2,"_change_type":"insert"}]""", await JsonAsync(0, $"select id, _change_type from table_changes('{table}', 2)"));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Values_of_every_type_are_JSON_without_loss()
    {
        var table = Table();
        Assert.Equal(
            """[{"a":123456789012345678901234567890.12345678,"b":170141183460469231731687303715884105727,"c":9223372036854775807,"d":"NaN","e":"-Infinity","f":"AAH/","g":{"2026-01-02":[1.50,null]},"h":{"x":{"y":"1969-12-31T23:59:59.999Z"}},"i":"0001-01-01T00:00:00.000","j":null,"k":1.5E-10}]""",
            await JsonAsync(0, $$$"""
            select 123456789012345678901234567890.12345678::decimal(38,8) as a, 170141183460469231731687303715884105727::hugeint as b, 9223372036854775807 as c, 'NaN'::double as d, '-inf'::float as e,
                   '\x00\x01\xFF'::blob as f, map {date '2026-01-02': [1.50, null]} as g, {x: {y: timestamptz '1969-12-31 23:59:59.999Z'}} as h, timestamp '0001-01-01' as i, null as j, 1.5e-10 as k
            from delta_scan('{{{table}}}') limit 1
            """));
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_and_ends_with_1()
    {
        Directory.CreateDirectory(_folder.Combine("none"));
        Assert.Contains("no folder _delta_log", await ErrorAsync(1, $"select * from delta_scan('{_folder.Combine("none")}')"), StringComparison.Ordinal);
        var gap = Table();
        File.Delete(Path.Combine(gap, "_delta_log", "00000000000000000001.json"));
        Assert.Contains("contiguous", await ErrorAsync(1, $"select * from delta_scan('{gap}')"), StringComparison.Ordinal);
        var feature = Table("feature", """{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["fancyFeature"],"writerFeatures":["fancyFeature"]}}""");
        Assert.Contains("fancyFeature", await ErrorAsync(1, $"select * from delta_scan('{feature}')"), StringComparison.Ordinal);
        Assert.Contains("--param takes", await ErrorAsync(2, "select 1", "--param", "x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_refuses_them()
    {
        var table = Table();
        await using var server = new TestServer();
        await server.InitializeAsync();
        var run = new TestRun { DataDirectory = Data };
        Assert.Equal(2, await run.RunAsync("tables", "query", $"select * from delta_scan('{table}')", "--server", server.Url.ToString()));
        Assert.Contains("Lake:ReadableFolders", run.Errors, StringComparison.Ordinal);
        var csv = new TestRun { DataDirectory = Data };
        Assert.Equal(2, await csv.RunAsync("tables", "query", "select * from read_csv('/etc/passwd')", "--server", server.Url.ToString()));
        Assert.Contains("Lake:ReadableFolders", csv.Errors, StringComparison.Ordinal);
        var parameter = new TestRun { DataDirectory = Data };
        Assert.Equal(0, await parameter.RunAsync("tables", "query", "select $a + 1 as n, $b as b", "--param", "a=41", "--param", "b=text", "--server", server.Url.ToString(), "--json"));
        Assert.Equal("""[{"n":42,"b":"text"}]""", parameter.Output.Trim());
    }

    /// <summary>A table of two rows, in two commits after its creation.</summary>
    private string Table(string name = "t", string protocol = """{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""")
    {
        var folder = _folder.Combine(name);
        var log = Path.Combine(folder, "_delta_log");
        Directory.CreateDirectory(log);
        const string Schema = """{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"n","type":"integer","nullable":true,"metadata":{}},{"name":"when","type":"timestamp","nullable":true,"metadata":{}}]}""";
        var metadata = new JsonObject
        {
            ["metaData"] = new JsonObject
            {
                ["id"] = "x",
                ["format"] = new JsonObject { ["provider"] = "parquet", ["options"] = new JsonObject() },
                ["schemaString"] = Schema,
                ["partitionColumns"] = new JsonArray("n", "when"),
                ["configuration"] = new JsonObject(),
                ["createdTime"] = 0,
            },
        };
        File.WriteAllText(Path.Combine(log, "00000000000000000000.json"), $"{protocol}\n{metadata.ToJsonString()}\n");
        for (var i = 1; i <= 2; i++)
        {
            var file = FormattableString.Invariant($"part-{i}.parquet");
            File.WriteAllBytes(Path.Combine(folder, file), Convert.FromBase64String(i == 1 ? Files.One : Files.Two));
            var add = new JsonObject
            {
                ["add"] = new JsonObject
                {
                    ["path"] = file,
                    ["partitionValues"] = new JsonObject { ["n"] = FormattableString.Invariant($"{i}"), ["when"] = i == 1 ? "2026-11-22 01:02:03" : null },
                    ["size"] = new FileInfo(Path.Combine(folder, file)).Length,
                    ["modificationTime"] = 0,
                    ["dataChange"] = true,
                },
            };
            File.WriteAllText(Path.Combine(log, FormattableString.Invariant($"{i:D20}.json")), add.ToJsonString() + "\n");
        }

        return folder;
    }

    private async Task<string> JsonAsync(int exit, string sql, params string[] options)
    {
        var run = new TestRun { DataDirectory = Data };
        Assert.True(await run.RunAsync(["tables", "query", sql, "--json", .. options]) == exit, run.Errors);
        return run.Output.Trim();
    }

    private async Task<string> ErrorAsync(int exit, string sql, params string[] options)
    {
        var run = new TestRun { DataDirectory = Data };
        Assert.Equal(exit, await run.RunAsync(["tables", "query", sql, .. options]));
        Assert.Equal("", run.Output);
        return run.Errors;
    }

    /// <summary>Parquet files with one column, id BIGINT, and one row.</summary>
    private static class Files
    {
        public const string One = "UEFSMRUAFRwVICwVAhUAFQYVBgAADjQCAAAAAgEBAAAAAAAAABUCGSw1ABgNZHVja2RiX3NjaGVtYRUCABUEJQIYAmlkJSQAFgIZHBkcJgAcFQQZFQAZGAJpZBUCFgIWPhZCJgg8GAgBAAAAAAAAABgIAQAAAAAAAAAWACgIAQAAAAAAAAAYCAEAAAAAAAAAEREAAAAWPhYCJggWQgAoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNiAoYnVpbGQgMDY5Y2M5ZjliNSkZHBwAAACpAAAAUEFSMQ==";
        public const string Two = "UEFSMRUAFRwVICwVAhUAFQYVBgAADjQCAAAAAgECAAAAAAAAABUCGSw1ABgNZHVja2RiX3NjaGVtYRUCABUEJQIYAmlkJSQAFgIZHBkcJgAcFQQZFQAZGAJpZBUCFgIWPhZCJgg8GAgCAAAAAAAAABgIAgAAAAAAAAAWACgIAgAAAAAAAAAYCAIAAAAAAAAAEREAAAAWPhYCJggWQgAoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNiAoYnVpbGQgMDY5Y2M5ZjliNSkZHBwAAACpAAAAUEFSMQ==";
    }
}
