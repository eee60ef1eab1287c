#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace idun {
namespace {

template <typename Base, typename Native>
struct Wrapped : Base {
    explicit Wrapped(Native& n) : native(n) {}
    Native& native;
};
struct CounterOf final : Wrapped<Counter, prometheus::Counter> {
    using Wrapped::Wrapped;
    void add(double by) override { native.Increment(by); }
};
struct GaugeOf final : Wrapped<Gauge, prometheus::Gauge> {
    using Wrapped::Wrapped;
    void set(double value) override { native.Set(value); }
    void add(double by) override { native.Increment(by); }
};
struct HistogramOf final : Wrapped<Histogram, prometheus::Histogram> {
    using Wrapped::Wrapped;
    void observe(double value) override { native.Observe(value); }
};

prometheus::Labels native(const Labels& labels) { return {labels.begin(), labels.end()}; }

// The wrapper of `instrument`, made once.
template <typename Base, typename Of, typename Native>
Base& wrap(std::map<const void*, std::unique_ptr<Base>>& known, Native& instrument) {
    auto& slot = known[&instrument];
    if (!slot) slot = std::make_unique<Of>(instrument);
    return *slot;
}

}  // namespace

struct Metrics::Impl {
    prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
    std::mutex mutex;
    std::map<const void*, std::unique_ptr<Counter>> counters;
    std::map<const void*, std::unique_ptr<Gauge>> gauges;
    std::map<const void*, std::unique_ptr<Histogram>> histograms;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    return wrap<Counter, CounterOf>(impl_->counters, family.Add(native(labels)));
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    return wrap<Gauge, GaugeOf>(impl_->gauges, family.Add(native(labels)));
}

Histogram& Metrics::seconds(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(impl_->mutex);
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    const prometheus::Histogram::BucketBoundaries buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                          0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5, 10};
    return wrap<Histogram, HistogramOf>(impl_->histograms, family.Add(native(labels), buckets));
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace idun
