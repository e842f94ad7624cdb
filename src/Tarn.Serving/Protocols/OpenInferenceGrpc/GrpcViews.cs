using Tarn.Native;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving;

/// <summary>What the server and its models are, in the messages of the Open Inference Protocol; the same as <see cref="ServerViews"/> and <see cref="StatisticsView"/> write in JSON.</summary>
internal static class GrpcViews
{
    // Shared memory is not among them: what binary_tensor_data is to REST, raw contents are here anyway.
    private static readonly IEnumerable<string> Extensions = ServerViews.Extensions.Where(static e => e != "binary_tensor_data");

    public static ServerMetadataResponse Server(string version) => new() { Name = ServerViews.ServerName, Version = version, Extensions = { Extensions } };

    public static ModelMetadataResponse Metadata(LoadedModel model, ServedModel served)
    {
        var answer = new ModelMetadataResponse { Name = model.Name, Platform = ServerViews.Platform };
        answer.Versions.AddRange(served.Loaded.Select(static m => m.VersionText));
        answer.Inputs.AddRange(model.Inputs.Select(Port));
        answer.Outputs.AddRange(model.Outputs.Select(Port));
        return answer;

        static ModelMetadataResponse.Types.TensorMetadata Port(TensorPort port) => new() { Name = port.Name, Datatype = TensorTypes.OpenInference(port.Type), Shape = { port.Shape } };
    }

    public static ModelConfigResponse Configuration(LoadedModel model)
    {
        var options = model.Options;
        var isBatched = options.MaxBatchSize > 1;
        var config = new ModelConfig
        {
            Name = model.Name,
            Platform = ServerViews.Platform,
            Backend = "onnxruntime",
            VersionPolicy = new ModelVersionPolicy { Specific = new() { Versions = { model.Version } } },
            MaxBatchSize = isBatched ? options.MaxBatchSize : 0,
            InstanceGroup = { new ModelInstanceGroup { Kind = ModelInstanceGroup.Types.Kind.Cpu, Count = model.Instances } },
        };

        // As Triton has it, the dimension of a batch is not among the dims of a model that is batched.
        config.Input.AddRange(model.Inputs.Select(p => new ModelInput { Name = p.Name, DataType = TypeOf(p.Type), Dims = { p.Shape.Skip(isBatched ? 1 : 0) } }));
        config.Output.AddRange(model.Outputs.Select(p => new ModelOutput { Name = p.Name, DataType = TypeOf(p.Type), Dims = { p.Shape.Skip(isBatched ? 1 : 0) } }));
        if (isBatched)
        {
            config.DynamicBatching = new ModelDynamicBatching
            {
                PreferredBatchSize = { options.PreferredBatchSizes },
                MaxQueueDelayMicroseconds = (ulong)options.BatchDelay.TotalMicroseconds,
                PriorityLevels = (ulong)options.PriorityLevels,
            };
        }

        return new() { Config = config };
    }

    public static ModelStatisticsResponse Statistics(IEnumerable<LoadedModel> models, TimeProvider time) => new() { ModelStats = { models.Select(m => Statistics(m, time)) } };

    public static RepositoryIndexResponse Index(ModelTable table, bool readyOnly)
    {
        var index = new RepositoryIndexResponse();
        foreach (var model in table.All)
        {
            if (model.Versions.Count == 0 && !readyOnly)
            {
                index.Models.Add(new RepositoryIndexResponse.Types.ModelIndex { Name = model.Name, State = "UNAVAILABLE", Reason = "unloaded" });
            }

            index.Models.AddRange(model.Versions.Where(v => !readyOnly || v.State == VersionState.Available).Select(v => new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = model.Name,
                Version = v.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
                State = ModelRepository.StateOf(v.State),
                Reason = v.Error?.Message ?? "",
            }));
        }

        return index;
    }

    private static ModelStatistics Statistics(LoadedModel model, TimeProvider time)
    {
        var stats = model.Stats;
        var total = stats.QueueTicks + stats.InputTicks + stats.ComputeTicks + stats.OutputTicks + stats.CacheHitTicks;
        var answer = new ModelStatistics
        {
            Name = model.Name,
            Version = model.VersionText,
            LastInference = (ulong)StatisticsView.Milliseconds(stats.LastRunAt, time),
            InferenceCount = (ulong)stats.Inferences,
            ExecutionCount = (ulong)stats.Executions,
            InferenceStats = new InferStatistics
            {
                Success = Duration(stats.Succeeded, total, time),
                Fail = Duration(stats.Failed + stats.Refused, stats.FailedTicks, time),
                Queue = Duration(stats.Succeeded, stats.QueueTicks, time),
                ComputeInput = Duration(stats.Succeeded, stats.InputTicks, time),
                ComputeInfer = Duration(stats.Succeeded, stats.ComputeTicks, time),
                ComputeOutput = Duration(stats.Succeeded, stats.OutputTicks, time),
                CacheHit = Duration(stats.CacheHits, stats.CacheHitTicks, time),
                CacheMiss = Duration(stats.CacheMisses, 0, time),
            },
        };
        answer.BatchStats.AddRange(stats.Batches.Select(b => new InferBatchStatistics
        {
            BatchSize = (ulong)b.Rows,
            ComputeInput = Duration(b.Runs, 0, time),
            ComputeInfer = Duration(b.Runs, b.ComputeTicks, time),
            ComputeOutput = Duration(b.Runs, b.OutputTicks, time),
        }));
        return answer;
    }

    private static StatisticDuration Duration(long count, long ticks, TimeProvider time) => new() { Count = (ulong)count, Ns = (ulong)Math.Max(0, StatisticsView.Nanoseconds(ticks, time)) };

    private static DataType TypeOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Bool => DataType.TypeBool,
        OnnxElementType.UInt8 => DataType.TypeUint8,
        OnnxElementType.UInt16 => DataType.TypeUint16,
        OnnxElementType.UInt32 => DataType.TypeUint32,
        OnnxElementType.UInt64 => DataType.TypeUint64,
        OnnxElementType.Int8 => DataType.TypeInt8,
        OnnxElementType.Int16 => DataType.TypeInt16,
        OnnxElementType.Int32 => DataType.TypeInt32,
        OnnxElementType.Int64 => DataType.TypeInt64,
        OnnxElementType.Float16 => DataType.TypeFp16,
        OnnxElementType.Float => DataType.TypeFp32,
        OnnxElementType.Double => DataType.TypeFp64,
        OnnxElementType.String => DataType.TypeString,
        OnnxElementType.BFloat16 => DataType.TypeBf16,
        _ => DataType.TypeInvalid,
    };
}
