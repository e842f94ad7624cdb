using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tarn.Lake;

namespace Tarn;

/// <summary>A query's result as the body of an answer: streamed, so that its size costs no memory.</summary>
internal static class ResultJson
{
    private const int FlushBytes = 64 << 10;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes <c>{columns, rows, …}</c> as the answer to a request; <paramref name="end"/> writes the members after the rows.</summary>
    /// <remarks>The first rows are read before anything is sent, so that an error that they bring is still a problem document.</remarks>
    public static Task WriteAsync(HttpContext http, QueryResult result, Action<Utf8JsonWriter> end) => WriteAsync(
        () =>
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            return http.Response.BodyWriter;
        },
        result,
        end,
        http.RequestAborted);

    /// <summary>Writes <c>{columns, rows, …}</c>.</summary>
    /// <param name="open">Gives what is written to, once the first rows are read.</param>
    /// <param name="result">The result.</param>
    /// <param name="end">Writes the members after the rows.</param>
    /// <param name="cancellation">Stops the query.</param>
    public static async Task WriteAsync(Func<PipeWriter> open, QueryResult result, Action<Utf8JsonWriter> end, CancellationToken cancellation)
    {
        var rows = result.RowsAsync(cancellation).GetAsyncEnumerator(cancellation);
        await using (rows.ConfigureAwait(false))
        {
            var more = await rows.MoveNextAsync().ConfigureAwait(false);
            var to = open();
            var writer = new Utf8JsonWriter(to, Options);
            await using (writer.ConfigureAwait(false))
            {
                WriteColumns(writer, result);
                writer.WriteStartArray("rows");
                while (more)
                {
                    writer.WriteStartArray();
                    foreach (var cell in rows.Current)
                    {
                        CellJson.Write(writer, cell);
                    }

                    writer.WriteEndArray();
                    if (writer.BytesPending > FlushBytes)
                    {
                        writer.Flush();
                        await to.FlushAsync(cancellation).ConfigureAwait(false);
                    }

                    more = await rows.MoveNextAsync().ConfigureAwait(false);
                }

                writer.WriteEndArray();
                end(writer);
                writer.WriteEndObject();
            }

            await to.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what a query read, and whether there were more rows.</summary>
    public static void WriteEnd(Utf8JsonWriter writer, QueryResult result, TimeSpan elapsed)
    {
        writer.WriteStartArray("tables");
        foreach (var table in result.Tables)
        {
            writer.WriteStartObject();
            writer.WriteString("table", table.Table);
            writer.WriteNumber("version", table.Version);
            writer.WriteNumber("files", table.Files);
            writer.WriteNumber("allFiles", table.AllFiles);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("truncated", result.Truncated);
        writer.WriteNumber("elapsedMs", Math.Round(elapsed.TotalMilliseconds, 3));
    }

    private static void WriteColumns(Utf8JsonWriter writer, QueryResult result)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("columns");
        foreach (var column in result.Columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("type", column.Type.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
