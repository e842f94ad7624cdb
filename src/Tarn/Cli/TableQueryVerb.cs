using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>tables query</c>.</summary>
internal static class TableQueryVerb
{
    private const int ShownRows = 1000;
    private const int ShownCharacters = 80;

    public static Command Create(CommandLine cli, int maxRows)
    {
        var sql = new Argument<string>("SQL") { Description = "One SELECT in DuckDB's dialect; tables are named layer.table. - reads it from standard input." };
        var asOf = new Option<string?>("--as-of") { Description = "A version of the table, or a time (ISO 8601): the tables as they were then.", HelpName = "VERSION|TIME" };
        var limit = new Option<int>("--max-rows") { Description = "Stop after so many rows.", DefaultValueFactory = _ => maxRows, HelpName = "N" };
        return cli.Verb(
            "query",
            "Ask the tables in SQL.",
            [
                "{0} tables query \"select place, mag from silver.earthquakes order by mag desc limit 5\"",
                "{0} tables query \"select count(*) as n from silver.earthquakes\" --json",
                "{0} tables query \"select count(*) from silver.earthquakes\" --as-of 2026-11-21T12:00:00Z",
            ],
            async call =>
            {
                var text = call.Value(sql) == "-" ? await call.Terminal.In.ReadToEndAsync(call.Cancellation).ConfigureAwait(false) : call.Value(sql);
                using var progress = new Progress(call.Terminal);
                progress.Show("Asking");
                var answer = await call.Api.PostAsync(
                    "/api/v1/query", new QueryRequest(text, call.Value(asOf), call.Value(limit)), ApiJson.Default.QueryRequest, call.Cancellation).ConfigureAwait(false);
                progress.Clear();
                using var document = JsonDocument.Parse(answer);
                if (call.Options.Json)
                {
                    PrintObjects(call.Terminal, document.RootElement);
                }
                else
                {
                    PrintTable(call.Terminal, document.RootElement);
                }

                if (document.RootElement.GetProperty("truncated").GetBoolean())
                {
                    call.Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Stopped after {call.Value(limit)} rows; --max-rows N gives more."));
                }

                return 0;
            },
            sql,
            asOf,
            limit);
    }

    private static void PrintObjects(Terminal terminal, JsonElement result)
    {
        var names = Names(result);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = terminal.OutIsTerminal, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            writer.WriteStartArray();
            foreach (var row in result.GetProperty("rows").EnumerateArray())
            {
                writer.WriteStartObject();
                var i = 0;
                foreach (var value in row.EnumerateArray())
                {
                    writer.WritePropertyName(names[i++]);
                    value.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    // An object has one member of a name: a second column of the same name is called name_2, and so on.
    private static List<string> Names(JsonElement result)
    {
        var names = new List<string>();
        foreach (var column in result.GetProperty("columns").EnumerateArray())
        {
            var name = column.GetProperty("name").GetString()!;
            var unique = name;
            for (var n = 2; names.Contains(unique); n++)
            {
                unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{n}");
            }

            names.Add(unique);
        }

        return names;
    }

    private static void PrintTable(Terminal terminal, JsonElement result)
    {
        var columns = result.GetProperty("columns").EnumerateArray().Select(static c => (Name: c.GetProperty("name").GetString()!, Type: c.GetProperty("type").GetString()!)).ToList();
        var grid = new Grid([.. columns.Select(static c => IsNumber(c.Type) ? ">" + c.Name : "~" + c.Name)]);
        var rows = result.GetProperty("rows");
        var count = rows.GetArrayLength();
        foreach (var row in rows.EnumerateArray().Take(ShownRows))
        {
            grid.Add([.. row.EnumerateArray().Select(Shown)]);
        }

        grid.Write(terminal);
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} {(count == 1 ? "row" : "rows")}{(count > ShownRows ? $", the first {ShownRows:N0} shown (--json prints all)" : "")} in {result.GetProperty("elapsedMs").GetDouble():0} ms"));
    }

    private static bool IsNumber(string type) =>
        type.ToUpperInvariant() is "BYTE" or "SHORT" or "INTEGER" or "LONG" or "FLOAT" or "DOUBLE" or "BIGINT" or "HUGEINT" or "SMALLINT" or "TINYINT"
        || type.StartsWith("decimal", StringComparison.OrdinalIgnoreCase) || type.StartsWith('U') && type.EndsWith("INT", StringComparison.Ordinal);

    private static string Shown(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };
        text = text.ReplaceLineEndings(" ");
        return text.Length > ShownCharacters ? text[..(ShownCharacters - 1)] + "…" : text;
    }
}
