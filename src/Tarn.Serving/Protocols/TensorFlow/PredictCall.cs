using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary><c>POST …:predict</c>.</summary>
internal static class PredictCall
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask RunAsync(ServingFront front, HttpContext http, Chosen chosen)
    {
        using var lease = chosen;
        var model = chosen.Model;
        using var request = model.Rent();
        bool isRows;
        using (var body = await RequestBody.ReadAsync(http, model.Options.MaxRequestBytes).ConfigureAwait(false))
        {
            var began = model.Now();
            isRows = PredictBody.Read(body.Written, request);
            request.RecordRead(began);
        }

        request.Aborted = RequestBody.Gone(http);
        await request.RunAsync().ConfigureAwait(false);
        front.Finish(chosen, request, http, "tensorflow");
        if (request.Failure is { } failure)
        {
            await JsonErrorApi.SendErrorAsync(http, failure).ConfigureAwait(false);
            return;
        }

        using var answer = PooledBuffer.Rent();
        answer.Write((byte)'{');
        WriteMembers(answer, request, isRows);
        answer.Write((byte)'}');
        await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
    }

    /// <summary>Writes <c>"predictions": …</c> or <c>"outputs": …</c>.</summary>
    public static void WriteMembers(PooledBuffer to, InferenceRequest request, bool isRows)
    {
        if (isRows)
        {
            WriteRows(to, request);
        }
        else
        {
            WriteColumns(to, request);
        }
    }

    private static void WriteRows(PooledBuffer to, InferenceRequest request)
    {
        var model = request.Model;
        var rows = request.Outputs[0].Rows;
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            if (request.Outputs[o].Shape.Length == 0 || request.Outputs[o].Rows != rows)
            {
                throw TarnException.InvalidInput(
                    "The row form needs outputs with a row for each instance.",
                    $"{model.Outputs[o].Name} has the shape {Shapes.Text(request.Outputs[o].Shape)}",
                    "Send the column form: inputs in place of instances.");
            }
        }

        to.Write("\"predictions\":["u8);
        for (var row = 0; row < rows; row++)
        {
            if (row > 0)
            {
                to.Write((byte)',');
            }

            if (request.Outputs.Length == 1)
            {
                TensorJson.Row(to, request.Outputs[0], row, IsBytes(model.Outputs[0]));
                continue;
            }

            to.Write((byte)'{');
            for (var o = 0; o < request.Outputs.Length; o++)
            {
                Name(to, model.Outputs[o], o);
                TensorJson.Row(to, request.Outputs[o], row, IsBytes(model.Outputs[o]));
            }

            to.Write((byte)'}');
        }

        to.Write((byte)']');
    }

    private static void WriteColumns(PooledBuffer to, InferenceRequest request)
    {
        var model = request.Model;
        to.Write("\"outputs\":"u8);
        if (request.Outputs.Length == 1)
        {
            TensorJson.Nested(to, request.Outputs[0], IsBytes(model.Outputs[0]));
            return;
        }

        to.Write((byte)'{');
        for (var o = 0; o < request.Outputs.Length; o++)
        {
            Name(to, model.Outputs[o], o);
            TensorJson.Nested(to, request.Outputs[o], IsBytes(model.Outputs[o]));
        }

        to.Write((byte)'}');
    }

    private static void Name(PooledBuffer to, TensorPort port, int place)
    {
        if (place > 0)
        {
            to.Write((byte)',');
        }

        TensorJson.Text(to, port.Utf8Name);
        to.Write((byte)':');
    }

    // An output whose name ends so holds bytes rather than a text.
    private static bool IsBytes(TensorPort port) => port.Type == OnnxElementType.String && port.Name.EndsWith("_bytes", StringComparison.Ordinal);
}
