using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// MLflow's scoring protocol (https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally): <c>POST /invocations</c> of a model. Errors are <c>{"error_code", "message"}</c>. One output is
/// answered as a list, several as an object of lists, or for a table as records.
/// </summary>
internal static class MlflowScoring
{
    /// <summary>Runs a request and answers it.</summary>
    public static async ValueTask RunAsync(ServingFront front, HttpContext http, Chosen chosen)
    {
        using var lease = chosen;
        if (chosen.Remote is not null)
        {
            await RemoteCall.RunAsync(front, http, chosen, RemoteAsk.Invocations).ConfigureAwait(false);
            return;
        }

        var model = chosen.Model;
        var isCsv = IsCsv(http.Request.ContentType);
        using var request = model.Rent();
        bool isTable;
        using (var body = await RequestBody.ReadAsync(http, model.Options.MaxRequestBytes).ConfigureAwait(false))
        {
            var began = model.Now();
            isTable = Read(body.Written, request, isCsv);
            request.RecordRead(began);
        }

        request.Aborted = RequestBody.Gone(http);
        await request.RunAsync().ConfigureAwait(false);
        front.Finish(chosen, request, http, "mlflow");
        if (request.Failure is { } failure)
        {
            await FailAsync(http, failure).ConfigureAwait(false);
            return;
        }

        using var answer = PooledBuffer.Rent();
        Write(answer, request, isTable);
        await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
    }

    /// <summary>Answers with an error.</summary>
    public static Task FailAsync(HttpContext http, TarnException error, int? status = null)
    {
        using var body = PooledBuffer.Rent();
        body.Write("{\"error_code\":"u8);
        TensorJson.Text(body, CodeOf(error.Kind, status));
        body.Write(",\"message\":"u8);
        TensorJson.Text(body, error.Message);
        body.Write((byte)'}');
        HttpAnswer.SetRetryAfter(http, error);
        return HttpAnswer.SendJson(http, body, status ?? HttpAnswer.StatusOf(error));
    }

    private static string CodeOf(ErrorKind kind, int? status) => kind switch
    {
        _ when status is StatusCodes.Status401Unauthorized => "UNAUTHENTICATED",
        _ when status is StatusCodes.Status403Forbidden => "PERMISSION_DENIED",
        _ when status is StatusCodes.Status429TooManyRequests => "REQUEST_LIMIT_EXCEEDED",
        ErrorKind.InvalidInput => "BAD_REQUEST",
        ErrorKind.NotFound => "RESOURCE_DOES_NOT_EXIST",
        ErrorKind.Unavailable => "TEMPORARILY_UNAVAILABLE",
        ErrorKind.Unsupported => "NOT_IMPLEMENTED",
        _ => "INTERNAL_ERROR",
    };

    private static bool Read(ReadOnlySpan<byte> body, InferenceRequest request, bool isCsv)
    {
        if (!isCsv)
        {
            return InvocationsBody.Read(body, request);
        }

        CsvBody.Read(body, request);
        return true;
    }

    /// <summary>Whether a body is CSV rather than JSON, by its type; the only parameter of it is UTF-8 as charset.</summary>
    private static bool IsCsv(string? type)
    {
        var media = ReadOnlySpan<char>.Empty;
        var isFirst = true;
        foreach (var range in type.AsSpan().Split(';'))
        {
            var part = type.AsSpan(range).Trim();
            if (isFirst)
            {
                media = part;
                isFirst = false;
            }
            else if (!part.IsEmpty && !part.Equals("charset=utf-8", StringComparison.OrdinalIgnoreCase) && !part.Equals("charset=\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            {
                throw new BadHttpRequestException($"The body is UTF-8 and its type has no other parameters, not {part}.", StatusCodes.Status415UnsupportedMediaType);
            }
        }

        return media.Equals("text/csv", StringComparison.OrdinalIgnoreCase) || (media.Equals("application/json", StringComparison.OrdinalIgnoreCase) ? false : throw new BadHttpRequestException(
            $"The body is application/json or text/csv, not {(media.IsEmpty ? "of no type" : media.ToString())}.", StatusCodes.Status415UnsupportedMediaType));
    }

    private static void Write(PooledBuffer to, InferenceRequest request, bool isTable)
    {
        var model = request.Model;
        to.Write("{\"predictions\":"u8);
        if (request.Outputs.Length == 1)
        {
            TensorJson.Nested(to, request.Outputs[0]);
            to.Write((byte)'}');
            return;
        }

        var rows = request.Outputs[0].Rows;
        if (isTable && request.Outputs.All(o => o.Shape.Length > 0 && o.Rows == rows))
        {
            to.Write((byte)'[');
            for (var row = 0; row < rows; row++)
            {
                Members(to, model, row > 0 ? ",{"u8 : "{"u8, request, row);
            }

            to.Write("]}"u8);
            return;
        }

        Members(to, model, "{"u8, request, -1);
        to.Write((byte)'}');
    }

    private static void Members(PooledBuffer to, LoadedModel model, ReadOnlySpan<byte> begin, InferenceRequest request, int row)
    {
        to.Write(begin);
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (o > 0)
            {
                to.Write((byte)',');
            }

            TensorJson.Text(to, model.Outputs[o].Utf8Name);
            to.Write((byte)':');
            if (row < 0)
            {
                TensorJson.Nested(to, request.Outputs[o]);
            }
            else
            {
                TensorJson.Row(to, request.Outputs[o], row);
            }
        }

        to.Write((byte)'}');
    }
}
