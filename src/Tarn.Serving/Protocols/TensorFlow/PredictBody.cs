using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads the body of a predict request: row form (<c>instances</c>) or column form (<c>inputs</c>).</summary>
internal static class PredictBody
{
    private static readonly byte[] Instances = [.. "instances"u8];
    private static readonly byte[] Inputs = [.. "inputs"u8];

    /// <summary>Fills a request's inputs; says whether the body was in the row form.</summary>
    /// <exception cref="TarnException">The body is not of the form, or does not fit the model.</exception>
    public static bool Read(ReadOnlySpan<byte> body, InferenceRequest request)
    {
        var json = JsonScanner.Of(body);
        bool? isRows = null;
        json.Expect((byte)'{', "the body");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("the body");
                if (name.SequenceEqual(Instances) || name.SequenceEqual(Inputs))
                {
                    if (isRows is not null)
                    {
                        throw Form();
                    }

                    isRows = name.SequenceEqual(Instances);
                    ReadValue(ref json, request, isRows.Value);
                }
                else if (name.SequenceEqual("signature_name"u8))
                {
                    CheckSignature(json.Text("signature_name"), "tensorflow/serving/predict"u8);
                }
                else
                {
                    json.Skip("the body");
                }
            }
            while (json.More((byte)'}', "the body"));
        }

        json.End();
        return isRows ?? throw Form();
    }

    /// <summary>Reads what stands behind <c>instances</c> or <c>inputs</c>.</summary>
    public static void ReadValue(ref JsonScanner json, InferenceRequest request, bool isRows)
    {
        if (isRows)
        {
            ReadRows(ref json, request);
        }
        else
        {
            ReadColumns(ref json, request);
        }
    }

    /// <summary>Requires the name of the one signature that a model has here, or that which exports of TensorFlow give the method's own.</summary>
    public static void CheckSignature(ReadOnlySpan<byte> name, ReadOnlySpan<byte> method)
    {
        if (!name.IsEmpty && !name.SequenceEqual("serving_default"u8) && !name.SequenceEqual(method))
        {
            throw TarnException.InvalidInput("A model has one signature here, serving_default.", Encoding.UTF8.GetString(name), "Leave signature_name out.");
        }
    }

    /// <summary>The place of a model's input by its name.</summary>
    public static int InputOf(LoadedModel model, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < model.Inputs.Length; i++)
        {
            if (name.SequenceEqual(model.Inputs[i].Utf8Name))
            {
                return i;
            }
        }

        throw TarnException.InvalidInput($"The inputs of the model {model.Name} are {string.Join(", ", model.Inputs.Select(static i => i.Name))}.", Encoding.UTF8.GetString(name), "Send values for these.");
    }

    private static void ReadRows(ref JsonScanner json, InferenceRequest request)
    {
        var probe = json;
        probe.Expect((byte)'[', "instances");
        if (probe.Peek() == (byte)']')
        {
            throw TarnException.InvalidInput("The row form has one instance at least.", "[]", "Send some, or the column form with a dimension of 0.");
        }

        var isNamed = probe.Peek() == (byte)'{' && !IsBytes(probe);
        if (isNamed)
        {
            ReadNamedRows(ref json, request);
            return;
        }

        if (request.Model.Inputs.Length > 1)
        {
            throw TarnException.InvalidInput(
                $"The model {request.Model.Name} has several inputs, so that each instance is an object with a value for each.",
                "an instance that is no object",
                $"Send objects with {string.Join(", ", request.Model.Inputs.Select(static i => i.Name))}.");
        }

        ReadTensor(ref json, request, 0);
    }

    private static bool IsBytes(JsonScanner probe)
    {
        probe.Position++;
        return probe.Peek() == (byte)'"' && probe.Name("instances").SequenceEqual("b64"u8);
    }

    private static void ReadNamedRows(ref JsonScanner json, InferenceRequest request)
    {
        var model = request.Model;
        var builders = Builders.Rent(model.Inputs.Length);
        Span<int> filled = stackalloc int[model.Inputs.Length];
        try
        {
            for (var i = 0; i < model.Inputs.Length; i++)
            {
                builders[i].Begin(model.Inputs[i]);
            }

            var rows = 0;
            json.Expect((byte)'[', "instances");
            do
            {
                json.Expect((byte)'{', "instances");
                rows++;
                if (json.Take((byte)'}'))
                {
                    throw Missing(model, filled, rows);
                }

                do
                {
                    var input = InputOf(model, json.Name("instances"));
                    if (filled[input] == rows)
                    {
                        throw TarnException.InvalidInput("An instance names each input once.", model.Inputs[input].Name, "Leave the second one out.");
                    }

                    filled[input] = rows;
                    builders[input].Read(ref json);
                }
                while (json.More((byte)'}', "instances"));
                if (filled.IndexOfAnyExcept(rows) >= 0)
                {
                    throw Missing(model, filled, rows);
                }
            }
            while (json.More((byte)']', "instances"));
            for (var i = 0; i < model.Inputs.Length; i++)
            {
                builders[i].FinishRows(request.Inputs[i], rows);
            }
        }
        finally
        {
            Builders.Return(builders);
        }
    }

    private static TarnException Missing(LoadedModel model, ReadOnlySpan<int> filled, int rows) => TarnException.InvalidInput(
        "Each instance has a value for every input.", $"no value for {model.Inputs[filled.IndexOfAnyExcept(rows)].Name} in instance {rows - 1}", "Send all of them.");

    private static void ReadColumns(ref JsonScanner json, InferenceRequest request)
    {
        var model = request.Model;
        var probe = json;
        if (probe.Peek() != (byte)'{' || IsBytes(probe))
        {
            if (model.Inputs.Length > 1)
            {
                throw TarnException.InvalidInput(
                    $"The model {model.Name} has several inputs, so that inputs is an object with a tensor for each.", "no object", $"Send {string.Join(", ", model.Inputs.Select(static i => i.Name))}.");
            }

            ReadTensor(ref json, request, 0);
            return;
        }

        json.Position = probe.Position + 1;
        if (json.Take((byte)'}'))
        {
            return;
        }

        do
        {
            ReadTensor(ref json, request, InputOf(model, json.Name("inputs")));
        }
        while (json.More((byte)'}', "inputs"));
    }

    private static void ReadTensor(ref JsonScanner json, InferenceRequest request, int input)
    {
        if (request.Inputs[input].IsSet)
        {
            throw TarnException.InvalidInput("A tensor is sent once.", request.Model.Inputs[input].Name, "Leave the second one out.");
        }

        var builders = Builders.Rent(1);
        try
        {
            builders[0].Begin(request.Model.Inputs[input]);
            builders[0].Read(ref json);
            builders[0].Finish(request.Inputs[input]);
        }
        finally
        {
            Builders.Return(builders);
        }
    }

    private static TarnException Form() => TarnException.InvalidInput("The body of a request to predict has either instances or inputs.", null, """As in {"instances": [[1.0, 2.0]]}.""");
}
