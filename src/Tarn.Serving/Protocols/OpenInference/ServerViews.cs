using Tarn.Native;

namespace Tarn.Serving;

/// <summary>What the Open Inference Protocol says of the server and of models.</summary>
internal static class ServerViews
{
    /// <summary>The extensions, by Triton's names.</summary>
    public static readonly IReadOnlyList<string> Extensions = ["classification", "model_repository", "model_configuration", "binary_tensor_data", "statistics", "schedule_policy"];

    public const string ServerName = "tarn";

    public const string Platform = "onnxruntime_onnx";

    public static void Server(PooledBuffer to, string version)
    {
        to.Write("{\"name\":\"tarn\",\"version\":"u8);
        TensorJson.Text(to, version);
        to.Write(",\"extensions\":["u8);
        for (var i = 0; i < Extensions.Count; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            TensorJson.Text(to, Extensions[i]);
        }

        to.Write("]}"u8);
    }

    public static void Ready(PooledBuffer to, string model)
    {
        to.Write("{\"name\":"u8);
        TensorJson.Text(to, model);
        to.Write(",\"ready\":true}"u8);
    }

    public static void Model(PooledBuffer to, LoadedModel model, ServedModel served)
    {
        to.Write("{\"name\":"u8);
        TensorJson.Text(to, model.Name);
        to.Write(",\"versions\":["u8);
        for (var i = 0; i < served.Loaded.Count; i++)
        {
            to.Write(i > 0 ? ",\""u8 : "\""u8);
            TensorJson.Whole(to, served.Loaded[i].Version);
            to.Write((byte)'"');
        }

        to.Write("],\"platform\":\"onnxruntime_onnx\",\"inputs\":"u8);
        Ports(to, model.Inputs);
        to.Write(",\"outputs\":"u8);
        Ports(to, model.Outputs);
        to.Write((byte)'}');
    }

    /// <summary>A model's configuration, the parts of Triton's that there are here.</summary>
    public static void Configuration(PooledBuffer to, LoadedModel model)
    {
        var options = model.Options;
        to.Write("{\"name\":"u8);
        TensorJson.Text(to, model.Name);
        to.Write(",\"platform\":\"onnxruntime_onnx\",\"backend\":\"onnxruntime\",\"version_policy\":"u8);
        to.Write("{\"specific\":{\"versions\":["u8);
        TensorJson.Whole(to, model.Version);
        to.Write("]}},\"max_batch_size\":"u8);
        TensorJson.Whole(to, options.MaxBatchSize > 1 ? options.MaxBatchSize : 0);
        to.Write(",\"input\":"u8);
        ConfiguredPorts(to, model.Inputs, options.MaxBatchSize > 1);
        to.Write(",\"output\":"u8);
        ConfiguredPorts(to, model.Outputs, options.MaxBatchSize > 1);
        to.Write(",\"instance_group\":[{\"kind\":\"KIND_CPU\",\"count\":"u8);
        TensorJson.Whole(to, model.Instances);
        to.Write("}]"u8);
        if (options.MaxBatchSize > 1)
        {
            to.Write(",\"dynamic_batching\":{\"preferred_batch_size\":["u8);
            for (var i = 0; i < options.PreferredBatchSizes.Count; i++)
            {
                if (i > 0)
                {
                    to.Write((byte)',');
                }

                TensorJson.Whole(to, options.PreferredBatchSizes[i]);
            }

            to.Write("],\"max_queue_delay_microseconds\":"u8);
            TensorJson.Whole(to, (long)options.BatchDelay.TotalMicroseconds);
            to.Write(",\"priority_levels\":"u8);
            TensorJson.Whole(to, options.PriorityLevels);
            to.Write((byte)'}');
        }

        to.Write((byte)'}');
    }

    private static void Ports(PooledBuffer to, TensorPort[] ports)
    {
        to.Write((byte)'[');
        for (var i = 0; i < ports.Length; i++)
        {
            to.Write(i > 0 ? ",{\"name\":"u8 : "{\"name\":"u8);
            TensorJson.Text(to, ports[i].Utf8Name);
            to.Write(",\"datatype\":\""u8);
            to.Write(TensorTypes.OpenInferenceUtf8(ports[i].Type));
            to.Write("\",\"shape\":"u8);
            TensorJson.Shape(to, ports[i].Shape);
            to.Write((byte)'}');
        }

        to.Write((byte)']');
    }

    private static void ConfiguredPorts(PooledBuffer to, TensorPort[] ports, bool isBatched)
    {
        to.Write((byte)'[');
        for (var i = 0; i < ports.Length; i++)
        {
            to.Write(i > 0 ? ",{\"name\":"u8 : "{\"name\":"u8);
            TensorJson.Text(to, ports[i].Utf8Name);
            to.Write(",\"data_type\":\""u8);
            to.Write(ports[i].Type == OnnxElementType.String ? "TYPE_STRING"u8 : "TYPE_"u8);
            if (ports[i].Type != OnnxElementType.String)
            {
                to.Write(TensorTypes.OpenInferenceUtf8(ports[i].Type));
            }

            // As Triton has it, the dimension of a batch is not among the dims of a model that is batched.
            to.Write("\",\"dims\":"u8);
            TensorJson.Shape(to, isBatched ? ports[i].Shape.AsSpan(1) : ports[i].Shape);
            to.Write((byte)'}');
        }

        to.Write((byte)']');
    }
}
