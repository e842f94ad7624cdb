using System.Diagnostics;
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

    /// <summary>Writes <c>{columns, rows, …}</c>; <paramref name="end"/> writes the members after the rows.</summary>
    /// <remarks>The first rows are read before anything is sent, so that an error that they bring is still a problem document.</remarks>
    public static async Task WriteAsync(HttpContext http, QueryResult result, Action<Utf8JsonWriter> end)
    {
        var cancellation = http.RequestAborted;
        var rows = result.RowsAsync(cancellation).GetAsyncEnumerator(cancellation);
        await using (rows.ConfigureAwait(false))
        {
            var more = await rows.MoveNextAsync().ConfigureAwait(false);
            http.Response.ContentType = "application/json; charset=utf-8";
            var writer = new Utf8JsonWriter(http.Response.BodyWriter, Options);
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
                        await http.Response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
                    }

                    more = await rows.MoveNextAsync().ConfigureAwait(false);
                }

                writer.WriteEndArray();
                end(writer);
                writer.WriteEndObject();
            }

            await http.Response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
        }
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
