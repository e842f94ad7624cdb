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
        var parameters = new Option<string[]>("--param") { Description = "The value of a parameter of the query, as in --param since=2026-11-01 for $since; JSON, or else a text. May be repeated.", HelpName = "NAME=VALUE" };
        var command = CommandLine.Plain(
            "query",
            "Ask the tables in SQL, and Delta tables and files anywhere that you may read.",
            [
                "{0} tables query \"select place, mag from silver.earthquakes order by mag desc limit 5\"",
                "{0} tables query \"select count(*) as n from silver.earthquakes\" --json",
                "{0} tables query \"select count(*) from silver.earthquakes\" --as-of 2026-11-21T12:00:00Z",
                "{0} tables query \"select * from silver.earthquakes version as of 12 where mag > \\$m\" --param m=6",
                "{0} tables query \"select * from delta_scan('/data/trips')\" --json",
            ],
            sql,
            asOf,
            limit,
            parameters);
        command.SetAction(async (parse, cancellation) =>
        {
            using var stop = StopSignals.Link(cli.Surroundings, cancellation);
            var options = cli.Global.Read(parse);
            var text = parse.GetRequiredValue(sql);
            text = text == "-" ? await cli.Terminal.In.ReadToEndAsync(stop.Token).ConfigureAwait(false) : text;
            var request = new QueryRequest(text, parse.GetValue(asOf), parse.GetValue(limit), Parameters(parse.GetValue(parameters) ?? []));
            using var progress = new Progress(cli.Terminal);
            progress.Show("Asking");
            var answer = await AskAsync(cli, options, request, stop.Token).ConfigureAwait(false);
            progress.Clear();
            using var document = JsonDocument.Parse(answer);
            if (options.Json)
            {
                PrintObjects(cli.Terminal, document.RootElement);
            }
            else
            {
                PrintTable(cli.Terminal, document.RootElement);
            }

            if (document.RootElement.GetProperty("truncated").GetBoolean())
            {
                cli.Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Stopped after {request.MaxRows} rows; --max-rows N gives more."));
            }

            return 0;
        });
        return command;
    }

    /// <summary>Asks the server, or a host on the data directory; what names files is answered here, unless a server is named that shall answer it.</summary>
    private static async Task<byte[]> AskAsync(CommandLine cli, VerbOptions options, QueryRequest request, CancellationToken cancellation)
    {
        var named = options.Server ?? cli.Surroundings.Environment.GetValueOrDefault("TARN_SERVER");
        if (string.IsNullOrEmpty(named) && Lake.SqlEngine.NamesFiles(request.Sql!))
        {
            return await LocalQuery.RunAsync(cli, options, request, cancellation).ConfigureAwait(false);
        }

        var connection = await cli.Locator.ConnectAsync(options, cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await connection.Client.PostAsync("/api/v1/query", request, ApiJson.Default.QueryRequest, cancellation).ConfigureAwait(false);
        }
    }

    private static Dictionary<string, JsonElement>? Parameters(string[] pairs)
    {
        var parameters = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw TarnException.InvalidInput("--param takes NAME=VALUE.", pair, "As in --param since=2026-11-01.");
            }

            parameters[pair[..equals]] = Value(pair[(equals + 1)..]);
        }

        return parameters.Count > 0 ? parameters : null;
    }

    private static JsonElement Value(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, ApiJson.Default.String);
        }
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
