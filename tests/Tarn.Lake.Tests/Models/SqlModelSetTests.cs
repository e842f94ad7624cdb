using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Reading and checking models.</summary>
public sealed class SqlModelSetTests
{
    private static readonly (string, string) Daily = ("models/daily.sql", """
        /* ---
        name: gold.daily
        description: Orders per day.
        materialized: incremental
        unique_key: day
        watermark: day
        lookback: 3d
        columns:
          - name: day
            description: The day, UTC.
            tests: [unique, not_null]
          - name: orders
            description: How many.
          - name: place
            tests:
              - accepted_values: [Bergen, Tromsø]
              - relationships: {to: gold.places, field: name, severity: warn}
        tests:
          - unique: [day, place]
          - not_null: {columns: [day, orders], severity: warn}
        --- */
        -- A comment.
        SELECT CAST(placed AS DATE) AS day, max(place) AS place, count(*) AS orders
        FROM gold.live
        GROUP BY 1
        """);

    private static readonly (string, string) Live = ModelLakes.File("gold.live", "materialized: view", "SELECT * FROM silver.orders o WHERE o.amount > 0");

    private static readonly (string, string) Places = ModelLakes.File("places", "layer: gold\nmaterialized: table", "SELECT DISTINCT place AS name FROM silver.orders WHERE place IS NOT NULL");

    [Fact]
    public async Task A_header_says_all_that_a_model_is()
    {
        await using var lakes = await ModelLakes.OpenAsync();
        var set = await lakes.LoadAsync(Daily, Live, Places);
        Assert.Equal(["gold.live", "gold.places", "gold.daily"], set.Models.Select(static m => m.Name));
        var daily = set.Get("gold.daily");
        Assert.Equal("Orders per day.", daily.Description);
        Assert.Equal((Materialization.Incremental, "day", "3d", "gold"), (daily.Materialization, daily.Watermark, daily.Lookback, daily.Layer));
        Assert.Equal(["day"], daily.UniqueKey);
        Assert.Equal(["gold.live"], daily.Reads);
        Assert.Equal(["gold.live", "gold.places"], daily.Upstream);
        Assert.Equal(
            [
                "Error unique(day)", "Error not_null(day)", "Error accepted_values(place in Bergen, Tromsø)", "Warn relationships(place in gold.places(name))",
                "Error unique(day, place)", "Warn not_null(day, orders)",
            ],
            daily.Tests.Select(static t => $"{t.Severity} {t}"));
        Assert.Equal(["day: date (The day, UTC.)", "place: string ()", "orders: long (How many.)"], set.SchemaOf(daily).Columns.Select(static c => $"{c.Name}: {c.Type} ({c.Description})"));
        Assert.Equal(["gold.daily"], set.DownstreamOf("gold.places"));
        Assert.Equal(["gold.live", "gold.places"], set.DownstreamOf("silver.orders"));
        Assert.Equal(16, daily.Hash.Length);
        Assert.NotEqual(daily.Hash, (await lakes.LoadAsync((Daily.Item1, Daily.Item2 + " HAVING count(*) > 1"), Live, Places)).Get("gold.daily").Hash);
    }

    [Fact]
    public async Task All_errors_of_all_files_are_told_at_once_with_file_and_line()
    {
        await using var lakes = await ModelLakes.OpenAsync();
        var errors = await lakes.ErrorsAsync(
            ("a.sql", "SELECT 1 AS n"),
            ("b.sql", "/* ---\nname: gold.b\nmaterialised: table\n--- */\nSELECT 1 AS n"),
            ("c.sql", "/* ---\nname: gold.c\nmaterialized: table\ncolumns:\n  - name: n\n  - name: missing\npartition_by: day\n--- */\n\nSELECT 1 AS n, 2 AS m"),
            ("d.sql", "/* ---\nname: gold.d\nmaterialized: incremental\nunique_key: id\n--- */\nSELECT id\nFROM silver.order"),
            ("e.sql", "/* ---\nname: gold.e\nmaterialized: view\n--- */\nSELECT f.n AS n FROM gold.f f"),
            ("f.sql", "/* ---\nname: gold.f\nmaterialized: view\n--- */\nSELECT e.n AS n FROM gold.e e"),
            ("g.sql", "/* ---\nname: gold.c\nmaterialized: view\n--- */\nSELECT 1 AS n"),
            ("h.sql", "/* ---\nname: gold.h\nmaterialized: view\n--- */\nSELECT 1 AS one,\n  nothing AS n\nFROM silver.orders"),
            ("i.sql", "/* ---\nname: gold.i\nmaterialized: view\n--- */\nSELECT 1 AS n\nFROM WHERE"),
            ("j.sql", "/* ---\nname: gold.j\nmaterialized: view\n--- */\nDELETE FROM silver.orders"),
            ("k.sql", "/* ---\nname: Gold.K\nmaterialized: view\n--- */\nSELECT 1 AS n"),
            ("l.sql", "/* ---\nname: gold.l\nmaterialized: view\n--- */\nSELECT amount::INTEGER AS n FROM silver.orders"),
            ("m.sql", "/* ---\nname: silver.orders\nmaterialized: table\n--- */\nSELECT 1 AS n"),
            ("n.sql", "/* ---\nname: gold.n\nmaterialized: view\n  bad: [\n--- */\nSELECT 1 AS n"),
            ("o.sql", "/* ---\nname: gold.o\nmaterialized: view\n--- */\nSELECT o.id AS id FROM silver.orders o WHERE o.placed > '2024-01-01'"));
        string[] expected =
        [
            "a.sql:1: A model's file starts with a header",
            "b.sql:2: The header says `materialized: view`",
            "b.sql:3: The header has no key `materialised`; it has name,",
            "c.sql:6: The query gives no column `missing`; it gives n, m.",
            "c.sql:7: partition_by names `day`",
            "d.sql:7: There is no table or model silver.order. Did you mean silver.orders?",
            "e.sql:2: Models do not go in a circle: gold.e → gold.f → gold.e.",
            "g.sql:2: There is a model `gold.c` already, in c.sql.",
            "h.sql:6: Binder Error: Referenced column \"nothing\" not found",
            "i.sql:6: Parser Error: syntax error",
            "j.sql:5: A query is one statement that reads",
            "k.sql:2: A model's name is layer.name",
            "l.sql:5: `::` is DuckDB's cast",
            "l.sql:5: DuckDB rounds halves",
            "m.sql:2: The table silver.orders is there already",
            "n.sql:4: The header is YAML",
            "o.sql:5: Trino compares no text with a timestamp value",
        ];
        Assert.True(expected.Length == errors.Count, string.Join("\n", errors));
        Assert.All(expected.Zip(errors), static pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("materialized: table\nwatermark: n", 4, "incremental")]
    [InlineData("materialized: incremental", 3, "unique_key")]
    [InlineData("materialized: incremental\nunique_key: [n, n]", 4, "twice")]
    [InlineData("materialized: incremental\nunique_key: n\nlookback: 3d", 5, "watermark")]
    [InlineData("materialized: incremental\nunique_key: n\nwatermark: t\nlookback: soon", 6, "duration")]
    [InlineData("materialized: incremental\nunique_key: n\nwatermark: n\nlookback: 3d", 6, "number")]
    [InlineData("materialized: incremental\nunique_key: n\nwatermark: d\nlookback: 3h", 6, "days")]
    [InlineData("materialized: incremental\nunique_key: n\nwatermark: s", 5, "time or a number")]
    [InlineData("materialized: incremental\nunique_key: x", 4, "no such column")]
    [InlineData("materialized: view\npartition_by: n", 4, "holds no rows")]
    [InlineData("materialized: table\npartition_by: [n, t, d, s]", 4, "at least one column")]
    [InlineData("materialized: sometimes", 3, "view or table or incremental")]
    [InlineData("materialized: view\ntests: [unique]", 4, "columns: [a, b]")]
    [InlineData("materialized: view\ntests:\n  - unique: [n, x]", 5, "no such column")]
    [InlineData("materialized: view\ntests:\n  - uniq: [n]", 5, "unique, not_null, accepted_values or relationships")]
    [InlineData("materialized: view\ntests:\n  - unique: {columns: [n], level: warn}", 5, "no key `level`")]
    [InlineData("materialized: view\ntests:\n  - unique: {columns: [n], severity: hard}", 5, "error or warn")]
    [InlineData("materialized: view\ntests:\n  - relationships: {columns: [n], to: silver.orders}", 5, "field")]
    [InlineData("materialized: view\ntests:\n  - relationships: {columns: [n], to: silver.orders, field: nope}", 5, "no column `nope`")]
    [InlineData("materialized: view\ntests:\n  - relationships: {columns: [n], to: silver.nope, field: id}", 5, "no table or model silver.nope")]
    [InlineData("materialized: view\ntests:\n  - accepted_values: {columns: [n]}", 5, "values: [a, b]")]
    [InlineData("materialized: view\ncolumns: {n: x}", 4, "a list")]
    [InlineData("materialized: view\ncolumns:\n  - description: x", 5, "has a name")]
    [InlineData("materialized: view\ncolumns:\n  - name: n\n  - name: N", 6, "twice")]
    [InlineData("materialized: view\ndescription:", 4, "not empty")]
    [InlineData("materialized: view\nlayer: silver", 4, "said twice")]
    public async Task A_header_that_contradicts_itself_is_told_at_its_line(string header, int line, string words)
    {
        await using var lakes = await ModelLakes.OpenAsync();
        var errors = await lakes.ErrorsAsync(ModelLakes.File("gold.x", header, "SELECT 1 AS n, o.placed AS t, CAST(o.placed AS DATE) AS d, 'x' AS s FROM silver.orders o"));
        Assert.Contains(errors, e => e.StartsWith($"gold.x.sql:{line}: ", StringComparison.Ordinal) && e.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_model_of_the_repository_runs_on_Trino_too()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Tarn.slnx")))
        {
            root = root.Parent;
        }

        Assert.SkipWhen(root is null, "This copy of the tests is not in a checkout.");
        var files = Directory.GetFiles(Path.Combine(root!.FullName, "systems"), "*.sql", SearchOption.AllDirectories)
            .Where(static f => !f.Split(Path.DirectorySeparatorChar).Any(static p => p is "bin" or "obj" or "node_modules"))
            .Select(f => (Path.GetRelativePath(root.FullName, f), File.ReadAllText(f))).ToList();
        var errors = new ModelErrors();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var models = SqlModelSet.Read(connection, files, errors);
        Assert.Empty(errors.All);
        Assert.Equal(files.Count, models.Count);
    }
}
