using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>SQL models by the command line: a pipeline runs them, and the tables tell of them.</summary>
public sealed class ModelVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public ModelVerbTests()
    {
        NotesProgram.Models = _folder.Combine("models");
        Directory.CreateDirectory(NotesProgram.Models);
        Write("heavy.sql", """
            /* ---
            name: gold.heavy_notes
            description: Notes of weight 2 and more.
            materialized: view
            columns:
              - name: id
                description: The note.
                tests: [unique]
            --- */
            SELECT n.id AS id, n.weight AS weight FROM silver.notes n WHERE n.weight >= 2
            """);
        Write("count.sql", """
            /* ---
            name: gold.note_count
            description: How many notes.
            materialized: table
            columns:
              - name: heavy
                description: Those of weight 2 and more.
                tests:
                  - accepted_values: {values: ["2"], severity: warn}
            --- */
            SELECT count(*) AS heavy FROM gold.heavy_notes
            """);
        Write("weights.sql", """
            /* ---
            name: gold.weights
            materialized: incremental
            unique_key: id
            --- */
            SELECT n.id AS id, n.weight AS weight FROM silver.notes n
            """);
    }

    public void Dispose()
    {
        NotesProgram.Models = null;
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pipeline_runs_the_models_in_their_order_and_the_tables_tell_of_them()
    {
        Assert.Contains("gold-note_count (after gold-heavy_notes)", await TextAsync(0, "pipelines", "show", "models"), StringComparison.Ordinal);
        await TextAsync(0, "pipelines", "run", "write", "--wait");
        var run = JsonNode.Parse(await TextAsync(0, "pipelines", "run", "models", "--wait", "--json"))!;
        var tasks = run["tasks"]!.AsArray().ToDictionary(static t => (string)t!["name"]!, static t => t!["attempts"]![0]!["reported"]!);
        Assert.Equal(("view_stored", "replaced", "replaced"), ((string?)tasks["gold-heavy_notes"]["action"], (string?)tasks["gold-note_count"]["action"], (string?)tasks["gold-weights"]["action"]));
        Assert.Equal((1, 3), ((int)tasks["gold-note_count"]["rows"]!, (int)tasks["gold-weights"]["rows"]!));
        Assert.Equal("""[{"heavy":2}]""", (await TextAsync(0, "tables", "query", "select * from gold.note_count", "--json")).Trim());
        Assert.Equal("""[{"n":2}]""", (await TextAsync(0, "tables", "query", "select count(*) as n from gold.heavy_notes", "--json")).Trim());

        var list = JsonNode.Parse(await TextAsync(0, "tables", "list", "--json"))!.AsArray().Select(static t => $"{t!["name"]} {t["kind"]} {t["version"]}").ToList();
        Assert.Contains("gold.heavy_notes view ", list);
        Assert.Contains("gold.note_count table 0", list);
        Assert.Contains("view", await TextAsync(0, "tables", "list"), StringComparison.Ordinal);
        var view = await TextAsync(0, "tables", "show", "gold.heavy_notes");
        foreach (var words in (string[])["Notes of weight 2 and more.", "heavy.sql, view, run by models", "unique(id)", "reads            silver.notes", "read by          gold.note_count", "The note.", "SELECT n.id AS id"])
        {
            Assert.Contains(words, view, StringComparison.Ordinal);
        }

        var table = JsonNode.Parse(await TextAsync(0, "tables", "show", "gold.note_count", "--json"))!;
        Assert.Equal(("table", "count.sql", "warn"), ((string?)table["model"]!["materialized"], (string?)table["model"]!["file"], (string?)table["model"]!["tests"]![0]!["severity"]));
        Assert.Equal("Those of weight 2 and more.", (string?)table["schema"]![0]!["description"]);
        Assert.Contains("read by          gold.heavy_notes, gold.weights", await TextAsync(0, "tables", "show", "silver.notes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_refreshed_by_hand_and_its_warnings_are_told()
    {
        await TextAsync(0, "pipelines", "run", "models", "--wait");
        var refreshed = await TextAsync(0, "tables", "refresh", "gold.note_count", "--full");
        Assert.Contains("1 rows are all of it now, version 1.", refreshed, StringComparison.Ordinal);
        Assert.Contains("warning: accepted_values(heavy in 2): 1 row fails, for example heavy=0", refreshed, StringComparison.Ordinal);
        Assert.Contains("as its model and tables say already", await TextAsync(0, "tables", "refresh", "gold.weights"), StringComparison.Ordinal);
        Assert.Contains("There is no such SQL model", await TextAsync(1, "tables", "refresh", "silver.notes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_rows_fail_the_task_for_good_and_what_is_wrong_in_files_stops_the_start()
    {
        Write("count.sql", "/* ---\nname: gold.note_count\nmaterialized: table\ncolumns:\n  - name: heavy\n    tests:\n      - accepted_values: [7]\n--- */\nSELECT count(*) AS heavy FROM gold.heavy_notes\n");
        var run = JsonNode.Parse(await TextAsync(1, "pipelines", "run", "models", "--wait", "--json"))!;
        Assert.Contains("accepted_values(heavy in 7): 1 row fails, for example heavy=0", (string?)run["error"], StringComparison.Ordinal);
        Write("a.sql", "SELECT 1");
        Write("b.sql", "/* ---\nname: gold.b\nmaterialized: view\n--- */\nSELECT n.id::INT AS id FROM silver.note n");
        var errors = await TextAsync(2, "tables", "list");
        Assert.Contains("a.sql:1: A model's file starts with a header", errors, StringComparison.Ordinal);
        Assert.Contains("b.sql:5: `::` is DuckDB's cast", errors, StringComparison.Ordinal);
        Assert.Contains("b.sql:5: There is no table or model silver.note. Did you mean silver.notes?", errors, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(NotesProgram.Models!, name), text);

    private async Task<string> TextAsync(int exit, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        var code = await run.RunAsync(arguments);
        Assert.True(exit == code, $"{string.Join(' ', arguments)} ended with {code}: {run.Output}{run.Errors}");
        return run.Output + run.Errors;
    }
}
