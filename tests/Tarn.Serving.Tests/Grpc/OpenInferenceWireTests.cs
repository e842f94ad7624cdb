using Google.Protobuf.Reflection;
using Tarn.Serving.OpenInference;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>The numbers by which clients that others wrote find the fields; they never change.</summary>
public sealed class OpenInferenceWireTests
{
    [Theory]
    [InlineData("ModelInferRequest", "model_name=1 model_version=2 id=3 parameters=4 inputs=5 outputs=6 raw_input_contents=7")]
    [InlineData("ModelInferRequest.InferInputTensor", "name=1 datatype=2 shape=3 parameters=4 contents=5")]
    [InlineData("ModelInferRequest.InferRequestedOutputTensor", "name=1 parameters=2")]
    [InlineData("ModelInferResponse", "model_name=1 model_version=2 id=3 parameters=4 outputs=5 raw_output_contents=6")]
    [InlineData("ModelInferResponse.InferOutputTensor", "name=1 datatype=2 shape=3 parameters=4 contents=5")]
    [InlineData("InferParameter", "bool_param=1 int64_param=2 string_param=3 double_param=4 uint64_param=5")]
    [InlineData("InferTensorContents", "bool_contents=1 int_contents=2 int64_contents=3 uint_contents=4 uint64_contents=5 fp32_contents=6 fp64_contents=7 bytes_contents=8")]
    [InlineData("ModelStreamInferResponse", "error_message=1 infer_response=2")]
    [InlineData("ServerMetadataResponse", "name=1 version=2 extensions=3")]
    [InlineData("ModelMetadataResponse", "name=1 versions=2 platform=3 inputs=4 outputs=5")]
    [InlineData("ModelMetadataResponse.TensorMetadata", "name=1 datatype=2 shape=3")]
    [InlineData("ModelReadyRequest", "name=1 version=2")]
    [InlineData("ModelStatistics", "name=1 version=2 last_inference=3 inference_count=4 execution_count=5 inference_stats=6 batch_stats=7 memory_usage=8 response_stats=9")]
    [InlineData("InferStatistics", "success=1 fail=2 queue=3 compute_input=4 compute_infer=5 compute_output=6 cache_hit=7 cache_miss=8")]
    [InlineData("InferBatchStatistics", "batch_size=1 compute_input=2 compute_infer=3 compute_output=4")]
    [InlineData("StatisticDuration", "count=1 ns=2")]
    [InlineData("RepositoryIndexRequest", "repository_name=1 ready=2")]
    [InlineData("RepositoryIndexResponse.ModelIndex", "name=1 version=2 state=3 reason=4")]
    [InlineData("RepositoryModelLoadRequest", "repository_name=1 model_name=2 parameters=3")]
    [InlineData("RepositoryModelUnloadRequest", "repository_name=1 model_name=2 parameters=3")]
    [InlineData("ModelRepositoryParameter", "bool_param=1 int64_param=2 string_param=3 bytes_param=4")]
    [InlineData("ModelConfig", "name=1 platform=2 version_policy=3 max_batch_size=4 input=5 output=6 instance_group=7 default_model_filename=8 cc_model_filenames=9 metric_tags=10 dynamic_batching=11 parameters=14 backend=17 model_transaction_policy=19 response_cache=24 runtime=25")]
    [InlineData("ModelInput", "name=1 data_type=2 format=3 dims=4 reshape=5 is_shape_tensor=6 allow_ragged_batch=7 optional=8 is_non_linear_format_io=9")]
    [InlineData("ModelOutput", "name=1 data_type=2 dims=3 label_filename=4 reshape=5 is_shape_tensor=6 is_non_linear_format_io=7")]
    [InlineData("ModelInstanceGroup", "name=1 count=2 gpus=3 kind=4 profile=5 passive=7 host_policy=9")]
    [InlineData("ModelDynamicBatching", "preferred_batch_size=1 max_queue_delay_microseconds=2 preserve_ordering=3 priority_levels=4 default_priority_level=5 default_queue_policy=6 priority_queue_policy=7")]
    public void Messages_have_the_public_numbers(string message, string fields) =>
        Assert.Equal(fields, string.Join(' ', Find(message).Fields.InFieldNumberOrder().Select(static f => $"{f.Name}={f.FieldNumber}")));

    [Fact]
    public void Types_have_the_public_numbers() => Assert.Equal(
        "INVALID=0 BOOL=1 UINT8=2 UINT16=3 UINT32=4 UINT64=5 INT8=6 INT16=7 INT32=8 INT64=9 FP16=10 FP32=11 FP64=12 STRING=13 BF16=14",
        string.Join(' ', ModelConfigReflection.Descriptor.EnumTypes.Single().Values.Select(static v => $"{v.Name[5..]}={v.Number}")));

    [Fact]
    public void The_service_has_its_methods() => Assert.Equal(
        "ServerLive ServerReady ModelReady ServerMetadata ModelMetadata ModelInfer ModelStreamInfer ModelConfig ModelStatistics RepositoryIndex RepositoryModelLoad RepositoryModelUnload",
        string.Join(' ', GrpcServiceReflection.Descriptor.Services.Single().Methods.Select(static m => m.Name)));

    private static MessageDescriptor Find(string name)
    {
        var parts = name.Split('.');
        var found = GrpcServiceReflection.Descriptor.MessageTypes.Concat(ModelConfigReflection.Descriptor.MessageTypes).Single(m => m.Name == parts[0]);
        return parts.Length == 1 ? found : found.NestedTypes.Single(m => m.Name == parts[1]);
    }
}
