using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads which outputs a request wants, and how.</summary>
internal static class OutputsBody
{
    public static void Read(ref JsonScanner json, InferenceRequest request, InferOptions options)
    {
        Array.Fill(request.Wanted, false);
        json.Expect((byte)'[', "outputs");
        if (json.Take((byte)']'))
        {
            Array.Fill(request.Wanted, true);
            return;
        }

        do
        {
            ReadOutput(ref json, request, options);
        }
        while (json.More((byte)']', "outputs"));
    }

    public static int OutputOf(LoadedModel model, ReadOnlySpan<byte> name)
    {
        for (var o = 0; o < model.Outputs.Length; o++)
        {
            if (name.SequenceEqual(model.Outputs[o].Utf8Name))
            {
                return o;
            }
        }

        throw TarnException.InvalidInput($"The outputs of the model {model.Name} are {string.Join(", ", model.Outputs.Select(static i => i.Name))}.", Encoding.UTF8.GetString(name), "Ask for these.");
    }

    private static void ReadOutput(ref JsonScanner json, InferenceRequest request, InferOptions options)
    {
        var (output, classes) = (-1, 0);
        bool? isBinary = null;
        json.Expect((byte)'{', "outputs");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("outputs");
                if (name.SequenceEqual("name"u8))
                {
                    output = OutputOf(request.Model, json.Text("name"));
                }
                else if (name.SequenceEqual("parameters"u8))
                {
                    ReadParameters(ref json, ref isBinary, ref classes);
                }
                else
                {
                    json.Skip("outputs");
                }
            }
            while (json.More((byte)'}', "outputs"));
        }

        if (output < 0 || request.Wanted[output])
        {
            throw TarnException.InvalidInput("An output that is asked for has a name, and is asked for once.", output < 0 ? "no name" : request.Model.Outputs[output].Name, "Name each output once.");
        }

        request.Wanted[output] = true;
        options.Binary(output) = isBinary;
        options.Classes(output) = classes;
    }

    private static void ReadParameters(ref JsonScanner json, ref bool? isBinary, ref int classes)
    {
        json.Expect((byte)'{', "parameters");
        if (json.Take((byte)'}'))
        {
            return;
        }

        do
        {
            var name = json.Name("parameters");
            if (name.SequenceEqual("binary_data"u8))
            {
                isBinary = InferBody.Flag(ref json, "binary_data");
            }
            else if (name.SequenceEqual("classification"u8))
            {
                classes = (int)InferBody.Number(ref json, "classification", int.MaxValue);
            }
            else
            {
                json.Skip("parameters");
            }
        }
        while (json.More((byte)'}', "parameters"));
    }
}
