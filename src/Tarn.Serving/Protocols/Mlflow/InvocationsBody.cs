using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads the body of <c>/invocations</c>: exactly one of <c>dataframe_split</c>, <c>dataframe_records</c>, <c>instances</c>, <c>inputs</c>.</summary>
internal static class InvocationsBody
{
    /// <summary>Fills a request's inputs; says whether the body was a table.</summary>
    public static bool Read(ReadOnlySpan<byte> body, InferenceRequest request)
    {
        var json = JsonScanner.Of(body);
        bool? isTable = null;
        json.Expect((byte)'{', "the body");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("the body");
                if (name.SequenceEqual("params"u8))
                {
                    RequireNoParams(ref json);
                    continue;
                }

                var isForm = name.SequenceEqual("dataframe_split"u8) || name.SequenceEqual("dataframe_records"u8) || name.SequenceEqual("instances"u8) || name.SequenceEqual("inputs"u8);
                if (isForm && isTable is not null)
                {
                    throw Form();
                }

                if (name.SequenceEqual("dataframe_split"u8))
                {
                    isTable = true;
                    DataFrameBody.ReadSplit(ref json, request);
                }
                else if (name.SequenceEqual("dataframe_records"u8))
                {
                    isTable = true;
                    DataFrameBody.ReadRecords(ref json, request);
                }
                else if (isForm)
                {
                    isTable = false;
                    PredictBody.ReadValue(ref json, request, isRows: name.SequenceEqual("instances"u8));
                }
                else
                {
                    json.Skip("the body");
                }
            }
            while (json.More((byte)'}', "the body"));
        }

        json.End();
        return isTable ?? throw Form();
    }

    // A graph of ONNX has inputs and no other parameters.
    private static void RequireNoParams(ref JsonScanner json)
    {
        if (json.Peek() == (byte)'{')
        {
            json.Position++;
            if (json.Take((byte)'}'))
            {
                return;
            }
        }
        else if (json.Peek() == (byte)'n')
        {
            json.Skip("params");
            return;
        }

        throw TarnException.InvalidInput("A model of ONNX takes no params.", "params", "Leave them out, or send them as inputs of the model.");
    }

    private static TarnException Form() => TarnException.InvalidInput(
        "The body has exactly one of dataframe_split, dataframe_records, instances, inputs.", null, """As in {"dataframe_split": {"columns": ["a"], "data": [[1.0]]}}.""");
}
