using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Tarn.Contracts;
using Tarn.Native;
using Tarn.Training;
using DataType = Tarn.Training.TensorProto.Types.DataType;

namespace Tarn.Bench;

/// <summary>The models of the benchmarks of serving, and requests for them.</summary>
internal static class ServingModels
{
    public const int Features = 16;
    public const int Hidden = 32;

    /// <summary>A few dense layers: 16 numbers to 3 classes.</summary>
    public static byte[] Dense()
    {
        var random = new Random(1);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        var graph = new GraphProto { Name = "dense" };
        graph.Input.Add(OnnxPorts.Of("features", DataType.Float, "n", Features));
        graph.Output.Add(OnnxPorts.Of("probabilities", DataType.Float, "n", 3));
        graph.Initializer.AddRange(
        [
            OnnxTensors.Floats("w1", Draw(Features * Hidden), Features, Hidden), OnnxTensors.Floats("b1", Draw(Hidden), Hidden),
            OnnxTensors.Floats("w2", Draw(Hidden * Hidden), Hidden, Hidden), OnnxTensors.Floats("b2", Draw(Hidden), Hidden),
            OnnxTensors.Floats("w3", Draw(Hidden * 3), Hidden, 3), OnnxTensors.Floats("b3", Draw(3), 3),
        ]);
        Node("Gemm", ["features", "w1", "b1"], "a1");
        Node("Relu", ["a1"], "h1");
        Node("Gemm", ["h1", "w2", "b2"], "a2");
        Node("Relu", ["a2"], "h2");
        Node("Gemm", ["h2", "w3", "b3"], "logits");
        Node("Softmax", ["logits"], "probabilities");
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 13 });
        return model.ToByteArray();

        void Node(string operation, string[] inputs, string output)
        {
            var node = new NodeProto { OpType = operation, Name = output };
            node.Input.AddRange(inputs);
            node.Output.Add(output);
            graph.Node.Add(node);
        }
    }

    /// <summary>A network for pictures with a head of two classes, from decoded pixels on; null where the network is not on this machine.</summary>
    public static ImageModelFiles? Photos(string folder)
    {
        if (SharedData.Find("models/mobilenetv2-12-int8.onnx") is not { } file)
        {
            return null;
        }

        var backbone = Backbone.FromBytes(BackboneCatalog.Open(folder).Find("mobilenetv2"), File.ReadAllBytes(file), file);
        using var runner = new BackboneRunner(backbone);
        var random = new Random(2);
        var rows = new float[64 * runner.EmbeddingSize];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (float)random.NextDouble();
        }

        var data = new HeadData(new FloatMatrix(64, runner.EmbeddingSize, rows), [.. Enumerable.Range(0, 64).Select(static i => i % 2)], ["no", "yes"]);
        return ImageModel.Export(backbone, new HeadTrainer(new HeadSpec { Epochs = 3 }).Fit(data).Head);
    }

    public static void Write(string folder, string model, long version, byte[] bytes)
    {
        var path = Path.Combine(folder, model, version.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        File.WriteAllBytes(Path.Combine(path, "model.onnx"), bytes);
    }

    /// <summary>A request of binary tensors: the JSON, and the elements after it.</summary>
    public static (byte[] Body, string Header) Binary(string input, long[] shape, float[] data)
    {
        var json = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"inputs":[{"name":"{{{input}}}","shape":[{{{string.Join(',', shape)}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{data.Length * 4}}}}}],"parameters":{"binary_data_output":true}}"""));
        return ([.. json, .. MemoryMarshal.AsBytes(data.AsSpan())], string.Create(CultureInfo.InvariantCulture, $"Inference-Header-Content-Length: {json.Length}"));
    }
}
