using System.Runtime.InteropServices;
using System.Text;
using Tarn.Native;

namespace Tarn.Serving.Tests;

/// <summary>Loads test models without a server, and fills and reads their requests.</summary>
internal static class Calls
{
    public static LoadedModel Load(byte[] model, ModelOptions? options = null, TimeProvider? time = null, int cores = 2, bool mustBatch = true) =>
        LoadedModel.Load("test", 1, new ModelFiles { Bytes = model }, options ?? new ModelOptions(), time ?? TimeProvider.System, cores, mustBatch);

    public static InferenceRequest Rent<T>(this LoadedModel model, ReadOnlySpan<long> shape, params ReadOnlySpan<T> values)
        where T : unmanaged => model.Rent().Fill(0, shape, values);

    public static InferenceRequest Fill<T>(this InferenceRequest request, int input, ReadOnlySpan<long> shape, params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var port = request.Model.Inputs[input];
        request.Inputs[input].Set(port.Type, shape, port.Name);
        MemoryMarshal.AsBytes(values).CopyTo(request.Inputs[input].Bytes);
        return request;
    }

    public static InferenceRequest RentTexts(this LoadedModel model, params string[] texts)
    {
        var request = model.Rent();
        request.Inputs[0].Set(OnnxElementType.String, [texts.Length], "text");
        for (var i = 0; i < texts.Length; i++)
        {
            request.Inputs[0].Texts[i] = Encoding.UTF8.GetBytes(texts[i]);
        }

        return request;
    }

    public static T[] Read<T>(this InferenceRequest request, int output = 0)
        where T : unmanaged => [.. MemoryMarshal.Cast<byte, T>(request.Outputs[output].Bytes)];

    public static string[] ReadTexts(this InferenceRequest request) => [.. request.Outputs[0].Texts.Take(request.Outputs[0].Count).Select(Encoding.UTF8.GetString)];

    /// <summary>A tensor's elements in an order of their own: what a batch must give back to each.</summary>
    public static float[] Draw(this Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() * 8) - 4);
        }

        return values;
    }
}
