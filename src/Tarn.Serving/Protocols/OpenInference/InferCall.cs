using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary><c>POST …/infer</c>.</summary>
internal static class InferCall
{
    private const string HeaderLength = "Inference-Header-Content-Length";
    private static readonly StringValues Octets = "application/octet-stream";

    // Lengths of the JSON before binary tensors, as texts: a model's answers have the same few.
    private static readonly StringValues[] Lengths = [.. Enumerable.Range(0, 2048).Select(static i => new StringValues(i.ToString(CultureInfo.InvariantCulture)))];

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask RunAsync(ServingFront front, HttpContext http, Chosen chosen)
    {
        using var lease = chosen;
        var model = chosen.Model;
        using var request = model.Rent();
        using var options = InferOptions.Rent(model.Outputs.Length);
        using var body = await RequestBody.ReadAsync(http, model.Options.MaxRequestBytes, Indent(http)).ConfigureAwait(false);
        var began = model.Now();
        Read(http, body, request, options);
        request.RecordRead(began);
        request.Aborted = RequestBody.Gone(http);
        await request.RunAsync().ConfigureAwait(false);
        front.Finish(chosen, request, http, "open-inference");
        if (request.Failure is { } failure)
        {
            await JsonErrorApi.SendErrorAsync(http, failure).ConfigureAwait(false);
            return;
        }

        using var answer = PooledBuffer.Rent();
        var header = InferAnswer.Write(answer, request, options, options.HasId ? body.Written[options.Id] : default);
        if (header < 0)
        {
            await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
            return;
        }

        http.Response.Headers.ContentType = Octets;
        http.Response.Headers[HeaderLength] = header < Lengths.Length ? Lengths[header] : header.ToString(CultureInfo.InvariantCulture);
        await HttpAnswer.Send(http, answer).ConfigureAwait(false);
    }

    // So that the first binary tensor, which follows the JSON, begins where elements of any size may.
    private static int Indent(HttpContext http) =>
        http.Request.Headers[HeaderLength] is { Count: 1 } text && int.TryParse(text[0], NumberStyles.None, CultureInfo.InvariantCulture, out var header) ? -header & 7 : 0;

    private static void Read(HttpContext http, PooledBuffer body, InferenceRequest request, InferOptions options)
    {
        var announced = http.Request.Headers[HeaderLength];
        if (announced.Count == 0)
        {
            InferBody.Read(body.Written, body.Length, request, options);
            return;
        }

        var text = announced[0];
        if (announced.Count > 1 || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var header) || header > body.Length)
        {
            throw TarnException.InvalidInput($"{HeaderLength} is the number of bytes of the JSON at the body's beginning.", string.Create(CultureInfo.InvariantCulture, $"{announced} of {body.Length} bytes"), "Correct it.");
        }

        if (header == 0)
        {
            InferBody.ReadRaw(body.Written, request, options);
        }
        else
        {
            InferBody.Read(body.Written, header, request, options, body.Memory, body.Start);
        }
    }
}
