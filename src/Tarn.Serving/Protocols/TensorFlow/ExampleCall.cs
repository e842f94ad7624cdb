using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// <c>POST …:classify</c> and <c>:regress</c>: examples with a value, or a list of values, for each feature; a feature is the model's input of that name. Features that all examples
/// share stand in <c>context</c>.
/// </summary>
internal static class ExampleCall
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask RunAsync(ServingFront front, HttpContext http, Chosen chosen, bool isClassify)
    {
        using var lease = chosen;
        var model = chosen.Model;
        using var request = model.Rent();
        using (var body = await RequestBody.ReadAsync(http, model.Options.MaxRequestBytes).ConfigureAwait(false))
        {
            var began = model.Now();
            ExampleBody.Read(body.Written, request, isClassify);
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
        answer.Write("{\"results\":["u8);
        if (isClassify)
        {
            WriteClasses(answer, request);
        }
        else
        {
            WriteValues(answer, request);
        }

        answer.Write("]}"u8);
        await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
    }

    private static void WriteClasses(PooledBuffer to, InferenceRequest request)
    {
        var scores = Scores(request, "A model that classifies gives a score for each class, rows of floats.");
        var classes = (int)(scores.Count / Math.Max(1, scores.Rows));
        for (var row = 0; row < scores.Rows; row++)
        {
            to.Write(row > 0 ? ",["u8 : "["u8);
            for (var c = 0; c < classes; c++)
            {
                to.Write(c > 0 ? ",["u8 : "["u8);
                WriteLabel(to, request, (row * classes) + c, c, scores.Count);
                to.Write((byte)',');
                TensorJson.Element(to, scores, (row * classes) + c, asBytes: false);
                to.Write((byte)']');
            }

            to.Write((byte)']');
        }
    }

    /// <summary>The label of a score: the model's own text where it gives one for each, else that of its list, else the class's number.</summary>
    private static void WriteLabel(PooledBuffer to, InferenceRequest request, int element, int place, int count)
    {
        foreach (var output in request.Outputs)
        {
            if (output.Type == OnnxElementType.String && output.Count == count)
            {
                TensorJson.Element(to, output, element, asBytes: false);
                return;
            }
        }

        if (request.Model.Labels is { } labels && place < labels.Count)
        {
            TensorJson.Text(to, labels[place]);
            return;
        }

        to.Write((byte)'"');
        TensorJson.Whole(to, place);
        to.Write((byte)'"');
    }

    private static void WriteValues(PooledBuffer to, InferenceRequest request)
    {
        var values = Scores(request, "A model that regresses gives one float for each example.");
        if (values.Count != values.Rows)
        {
            throw TarnException.InvalidInput("A model that regresses gives one float for each example.", Shapes.Text(values.Shape), "Ask it to predict or classify.");
        }

        for (var row = 0; row < values.Count; row++)
        {
            if (row > 0)
            {
                to.Write((byte)',');
            }

            TensorJson.Element(to, values, row, asBytes: false);
        }
    }

    private static TensorData Scores(InferenceRequest request, string rule)
    {
        foreach (var output in request.Outputs)
        {
            if (output.Type is OnnxElementType.Float or OnnxElementType.Double && output.Shape.Length is 1 or 2 && output.Rows == request.Rows)
            {
                return output;
            }
        }

        throw TarnException.InvalidInput(rule, string.Join(", ", request.Model.Outputs.Select(static o => $"{o.Name} {o.Described}")), "Ask it to predict.");
    }
}
