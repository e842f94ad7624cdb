using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads the body of a request to classify or regress.</summary>
internal static class ExampleBody
{
    public static void Read(ReadOnlySpan<byte> body, InferenceRequest request, bool isClassify)
    {
        var model = request.Model;
        var json = JsonScanner.Of(body);
        var (context, examples) = (-1, -1);
        json.Expect((byte)'{', "the body");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("the body");
                if (name.SequenceEqual("signature_name"u8))
                {
                    PredictBody.CheckSignature(json.Text("signature_name"), isClassify ? "tensorflow/serving/classify"u8 : "tensorflow/serving/regress"u8);
                    continue;
                }

                if (name.SequenceEqual("context"u8))
                {
                    RequireOnce(context, "context");
                    context = json.Position;
                }
                else if (name.SequenceEqual("examples"u8))
                {
                    RequireOnce(examples, "examples");
                    examples = json.Position;
                }

                json.Skip("the body");
            }
            while (json.More((byte)'}', "the body"));
        }

        json.End();
        if (examples < 0)
        {
            throw TarnException.InvalidInput("The body of a request to classify or regress has examples.", "none", """As in {"examples": [{"x": 1.0}]}.""");
        }

        var builders = Builders.Rent(model.Inputs.Length);
        try
        {
            for (var i = 0; i < model.Inputs.Length; i++)
            {
                builders[i].Begin(model.Inputs[i]);
            }

            ReadExamples(new JsonScanner(body) { Position = examples }, context < 0 ? default : new JsonScanner(body) { Position = context }, context >= 0, request, builders);
        }
        finally
        {
            Builders.Return(builders);
        }
    }

    private static void RequireOnce(int position, string name)
    {
        if (position >= 0)
        {
            throw TarnException.InvalidInput("A member stands once in a request.", name, "Leave the second one out.");
        }
    }

    private static void ReadExamples(JsonScanner json, JsonScanner context, bool hasContext, InferenceRequest request, TensorBuilder[] builders)
    {
        var model = request.Model;
        Span<int> filled = stackalloc int[model.Inputs.Length];
        Span<int> widths = stackalloc int[model.Inputs.Length];
        var rows = 0;
        json.Expect((byte)'[', "examples");
        if (!json.Take((byte)']'))
        {
            do
            {
                rows++;
                ReadFeatures(ref json, "examples", model, builders, filled, rows);
                if (hasContext)
                {
                    var again = context;
                    ReadFeatures(ref again, "context", model, builders, filled, rows);
                }

                var missing = filled.IndexOfAnyExcept(rows);
                if (missing < 0)
                {
                    CheckWidths(model, builders, widths, rows);
                }
                else
                {
                    throw TarnException.InvalidInput("Each example has a value for every input of the model.", $"no value for {model.Inputs[missing].Name} in example {rows - 1}", "Send all of them.");
                }
            }
            while (json.More((byte)']', "examples"));
        }

        if (rows == 0)
        {
            throw TarnException.InvalidInput("A request has one example at least.", "[]", "Send some.");
        }

        for (var i = 0; i < model.Inputs.Length; i++)
        {
            Finish(builders[i], model.Inputs[i], request.Inputs[i], rows, widths[i]);
        }
    }

    /// <summary>A feature with one value may be sent as the value or as a list of it, whatever the model's input has.</summary>
    private static void Finish(TensorBuilder builder, TensorPort port, TensorData tensor, int rows, int width)
    {
        if (IsFlat(port) && (width == 1 || port.Shape.Length == 2))
        {
            Span<long> shape = [rows, width];
            builder.Finish(tensor, shape[..port.Shape.Length]);
        }
        else
        {
            builder.FinishRows(tensor, rows);
        }
    }

    // A feature is a value or a list of values; a model whose rows have several dimensions takes them nested.
    private static bool IsFlat(TensorPort port) => port.Shape.Length is 1 or 2;

    private static void CheckWidths(LoadedModel model, TensorBuilder[] builders, scoped Span<int> widths, int rows)
    {
        for (var i = 0; i < widths.Length; i++)
        {
            if (rows == 1)
            {
                widths[i] = builders[i].Count;
            }
            else if (builders[i].Count != rows * widths[i])
            {
                throw TarnException.InvalidInput(
                    "A feature has as many values in each example.",
                    string.Create(CultureInfo.InvariantCulture, $"{builders[i].Count - ((rows - 1) * widths[i])} of {model.Inputs[i].Name} in example {rows - 1}, {widths[i]} before"),
                    $"Send {model.Inputs[i].Name} as {model.Inputs[i].Described}.");
            }
        }
    }

    private static void ReadFeatures(ref JsonScanner json, string where, LoadedModel model, TensorBuilder[] builders, scoped Span<int> filled, int rows)
    {
        json.Expect((byte)'{', where);
        if (json.Take((byte)'}'))
        {
            return;
        }

        do
        {
            var input = PredictBody.InputOf(model, json.Name(where));
            if (filled[input] == rows)
            {
                throw TarnException.InvalidInput("A feature stands once in an example or in the context.", model.Inputs[input].Name, "Leave the second one out.");
            }

            filled[input] = rows;
            if (IsFlat(model.Inputs[input]))
            {
                builders[input].ReadFlat(ref json, mostDepth: 1);
            }
            else
            {
                builders[input].Read(ref json);
            }
        }
        while (json.More((byte)'}', where));
    }
}
